"""Digests of source: a change reaches the jobs that use it, and no other."""

import shutil

import pytest

from soundcheck import digests

JOBS = {
    "embed with crepe": ("embedding", "embedders.crepe"),
    "embed with handcrafted": ("embedding", "embedders.handcrafted"),
    "fit": ("fitting",),
    "fit events": ("event_fitting", "metrics.events"),
    "score classes": ("scoring", "metrics.classification"),
    "score tags": ("scoring", "metrics.tagging"),
    "score events": ("scoring", "metrics.events", "detection"),
    "split": ("datasets.philharmonia", "splits"),
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
        ("embedders/crepe.py", {"embed with crepe"}),
        ("embedders/handcrafted.py", {"embed with handcrafted"}),
        ("deformations.py", {"embed with crepe", "embed with handcrafted"}),
        ("probes/training.py", {"fit", "fit events"}),
        ("probes/mlp.py", {"fit", "fit events", "score classes", "score tags", "score events"}),
        ("metrics/tagging.py", {"score tags"}),
        ("metrics/events.py", {"fit events", "score events"}),
        ("detection.py", {"fit events", "score events"}),
        ("event_fitting.py", {"fit events"}),
        ("splits/drawing.py", {"split"}),
        ("tables/presets.py", set()),
        ("downloads/transfer.py", set()),
        ("logs.py", set()),
    ],
)
def test_a_change_reaches_exactly_the_jobs_that_use_the_module(changed, module, expected):
    assert changed(module) == expected
