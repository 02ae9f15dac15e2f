"""Digests of source: what a script imports, directly or not, and what a job chooses by name; no more."""

import shutil

import pytest

from soundcheck.plumbing.digests import source as digests
from soundcheck.probing.kinds import KINDS

MLP = KINDS["mlp"].modules
JOBS = {
    "embed with crepe": ("scripts/embed_tracks.py", "embedding.families.crepe"),
    "embed with handcrafted": ("scripts/embed_tracks.py", "embedding.families.handcrafted"),
    "take precomputed": ("scripts/take_precomputed.py",),
    "fit tags": ("scripts/fit_probes.py", "probing.fitting.tracks", *MLP, "scoring.metrics.tagging"),
    "fit events": (
        *("scripts/fit_probes.py", "probing.fitting.events", *MLP),
        *("scoring.metrics.tagging", "scoring.metrics.events"),
    ),
    "score classes": ("scripts/score_probes.py", "probing.predicting.tracks", MLP[0], "scoring.metrics.classification"),
    "score tags": ("scripts/score_probes.py", "probing.predicting.tracks", MLP[0], "scoring.metrics.tagging"),
    "score events": ("scripts/score_probes.py", "probing.predicting.events", MLP[0], "scoring.metrics.events"),
    "split": ("scripts/make_split.py", "datasets.sources.philharmonia"),
}


@pytest.fixture
def changed(tmp_path, monkeypatch):
    """Which jobs' digests change when a file does, named below `workflow/scripts`."""
    scripts = tmp_path / "scripts"
    shutil.copytree(digests.LIBRARY.parent, scripts, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(digests, "LIBRARY", scripts / "soundcheck")

    def all_digests():
        digests.source_digest.cache_clear()
        digests._imports.cache_clear()
        return {job: digests.source_digest(*named) for job, named in JOBS.items()}

    def change(file):
        before = all_digests()
        path = scripts / file
        path.write_text(path.read_text() + "\n# a change\n")
        return {job for job, digest in all_digests().items() if digest != before[job]}

    yield change
    digests.source_digest.cache_clear()
    digests._imports.cache_clear()


def jobs(*words):
    return {job for job in JOBS if job.startswith(words)}


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("fit_probes.py", jobs("fit")),
        ("make_split.py", {"split"}),
        ("soundcheck/embedding/families/crepe.py", {"embed with crepe"}),
        ("soundcheck/embedding/families/handcrafted.py", {"embed with handcrafted"}),
        ("soundcheck/embedding/families/__init__.py", jobs("embed")),
        ("soundcheck/embedding/precomputed.py", {"take precomputed"}),
        ("soundcheck/embedding/store.py", jobs("embed", "take", "fit", "score")),
        ("soundcheck/audio/deformations.py", jobs("embed")),
        ("soundcheck/probing/mlp/training.py", jobs("fit")),
        ("soundcheck/probing/mlp/model.py", jobs("fit", "score")),
        ("soundcheck/probing/fitting/tracks.py", {"fit tags"}),
        ("soundcheck/probing/fitting/events.py", {"fit events"}),
        ("soundcheck/probing/detection.py", {"fit events", "score events"}),
        ("soundcheck/scoring/metrics/tagging.py", {"fit tags", "fit events", "score tags"}),
        ("soundcheck/scoring/metrics/events.py", {"fit events", "score events"}),
        ("soundcheck/scoring/metrics/classification.py", {"score classes"}),
        ("soundcheck/datasets/sources/__init__.py", {"split"}),
        ("soundcheck/datasets/splits/drawing.py", {"split"}),
        ("soundcheck/presenting/tables/presets.py", set()),
        ("soundcheck/plumbing/errors.py", set()),
        ("soundcheck/plumbing/downloads/transfer.py", set()),
    ],
)
def test_a_change_reaches_exactly_the_jobs_that_use_the_file(changed, file, expected):
    assert changed(file) == expected


def test_what_only_type_checkers_import_is_no_part_and_a_package_is(tmp_path, monkeypatch):
    library = tmp_path / "scripts" / "soundcheck"
    (library / "room" / "corner").mkdir(parents=True)
    (library / "room" / "__init__.py").write_text("from soundcheck import word\n")
    (library / "room" / "corner" / "__init__.py").write_text("")
    (library / "room" / "corner" / "chair.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from soundcheck import typed\n"
    )
    (library / "word.py").write_text("")
    (library / "typed.py").write_text("")
    script = "def f():\n    from soundcheck.room.corner import chair\n"
    (tmp_path / "scripts" / "do_it.py").write_text(script)
    monkeypatch.setattr(digests, "LIBRARY", library)
    assert digests.source_modules("scripts/do_it.py") == {"room", "room.corner", "room.corner.chair", "word"}
