"""Digests of source: a change reaches the jobs that use it, and no other."""

import shutil

import pytest

from soundcheck.plumbing import digests
from soundcheck.probing.kinds import KINDS

MLP = KINDS["mlp"].modules
JOBS = {
    "embed with crepe": ("embedding.job", "embedding.families.crepe"),
    "embed with handcrafted": ("embedding.job", "embedding.families.handcrafted"),
    "fit": ("probing.fitting", *MLP),
    "fit events": ("probing.event_fitting", *MLP, "scoring.metrics.events"),
    "score classes": ("probing.predicting", "scoring.scores", "scoring.metrics.classification", MLP[0]),
    "score tags": ("probing.predicting", "scoring.scores", "scoring.metrics.tagging", MLP[0]),
    "score events": ("probing.predicting", "scoring.scores", "scoring.metrics.events", "probing.detection", MLP[0]),
    "split": ("datasets.sources.philharmonia", "datasets.splits.making"),
}


@pytest.fixture
def changed(tmp_path, monkeypatch):
    """Which jobs' digests change when a module does."""
    copy = tmp_path / "soundcheck"
    shutil.copytree(digests.LIBRARY, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(digests, "LIBRARY", copy)

    def all_digests():
        digests.source_digest.cache_clear()
        digests._imports.cache_clear()
        return {job: digests.source_digest(*modules) for job, modules in JOBS.items()}

    def change(module):
        before = all_digests()
        path = copy / module
        path.write_text(path.read_text() + "\n# a change\n")
        return {job for job, digest in all_digests().items() if digest != before[job]}

    yield change
    digests.source_digest.cache_clear()
    digests._imports.cache_clear()


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("embedding/families/crepe.py", {"embed with crepe"}),
        ("embedding/families/handcrafted.py", {"embed with handcrafted"}),
        ("audio/deformations.py", {"embed with crepe", "embed with handcrafted"}),
        ("probing/mlp/training.py", {"fit", "fit events"}),
        ("probing/mlp/model.py", {"fit", "fit events", "score classes", "score tags", "score events"}),
        ("scoring/metrics/tagging.py", {"score tags"}),
        ("scoring/metrics/events.py", {"fit events", "score events"}),
        ("probing/detection.py", {"fit events", "score events"}),
        ("probing/event_fitting.py", {"fit events"}),
        ("datasets/splits/drawing.py", {"split"}),
        ("presenting/tables/presets.py", set()),
        ("plumbing/downloads/transfer.py", set()),
        ("plumbing/logs.py", set()),
    ],
)
def test_a_change_reaches_exactly_the_jobs_that_use_the_module(changed, module, expected):
    assert changed(module) == expected
