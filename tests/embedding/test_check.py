"""The check of an embedder finds what is wrong with one, and measures what it is like."""

import itertools

import numpy as np
import pytest

from soundcheck.embedding import check as checking
from soundcheck.embedding.families import Embedder
from soundcheck.embedding.families.support import windows
from soundcheck.plumbing.files import read_rows
from soundcheck.presenting import pages

RATE = 8000
TRUE = checking.Declared(RATE, 2)


def embedder(forward, **more):
    settings = {"sample_rate": RATE, "dimension": 2, "batch_size": 4, "window_hop_s": 0.25} | more
    return Embedder(cut=lambda samples: windows.centred(samples, 2000, 2000), forward=forward, **settings)


def level(batch):
    return np.stack([np.abs(batch).mean(axis=1), batch.max(axis=1)], axis=1)[:, None]


def checked(forward, declared=TRUE, **more):
    outcomes = checking.check("m", lambda _: embedder(forward, **more), declared, long_s=90.0)
    return {outcome.check: outcome for outcome in outcomes}


def test_a_sound_embedder_passes_everything():
    outcomes = checked(level)
    assert {name for name, each in outcomes.items() if each.outcome == "failed"} == set()
    assert len(outcomes) == 15
    assert outcomes["gain of -12 dB"].value == pytest.approx(1 - 10 ** (-12 / 20), rel=1e-3)


def test_invariance_to_gain_is_measured():
    def normalised(batch):
        return level(batch / np.maximum(np.abs(batch).max(axis=1, keepdims=True), 1e-9))

    assert checked(normalised)["gain of -12 dB"].value < checking.ROUNDING
    assert "normalised" in checked(normalised)["gain of -12 dB"].meaning


def test_a_model_that_looks_at_its_neighbours_fails():
    def nosy(batch):
        return level(batch - batch.mean())

    assert checked(nosy)["alone and among other clips"].outcome == "failed"


def test_a_model_that_is_random_fails():
    numbers = itertools.count()

    def random(batch):
        return level(batch) + next(numbers)

    outcomes = checked(random)
    assert outcomes["the same clip again"].outcome == "failed"


def test_silence_that_gives_no_number_fails():
    def divides(batch):
        with np.errstate(invalid="ignore"):
            return level(batch / np.abs(batch).max(axis=1, keepdims=True))

    assert checked(divides)["silence"].outcome == "failed"


@pytest.mark.parametrize(("declared", "check"), [((16000, 2), "sample rate"), ((RATE, 3), "dimension")])
def test_what_is_declared_must_be_true(declared, check):
    assert checked(level, checking.Declared(*declared))[check].outcome == "failed"


def test_a_check_that_raises_has_failed_and_the_others_go_on():
    def picky(batch):
        if not batch.any():
            raise RuntimeError("silence is not music")
        return level(batch)

    outcomes = checked(picky, batch_size=1)
    assert outcomes["silence"].outcome == "failed"
    assert "silence is not music" in outcomes["silence"].value
    assert outcomes["stereo and its mono"].outcome == "passed"


def test_the_report_is_a_table_and_a_page(tmp_path):
    outcomes = checking.check("m", lambda _: embedder(level), checking.Declared(RATE, 3), long_s=1.0)
    checking.write("m", outcomes, tmp_path / "m.csv")
    rows = read_rows(tmp_path / "m.csv")
    assert tuple(rows[0]) == checking.COLUMNS
    page = pages.embedder_checks(rows)
    assert "8 of 9 passed" in page
    assert "<td>dimension</td>" in page
