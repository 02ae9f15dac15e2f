"""The figures' look: two runs give the same bytes, embedders can be told apart."""

import pytest
from example_results import ORDER, evaluate

from soundcheck.presenting.figures.confusion import confusion
from soundcheck.presenting.figures.robustness import robustness
from soundcheck.presenting.figures.style import COLOURS, MARKERS, look_of


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    return evaluate(tmp_path_factory.mktemp("scores"))


@pytest.mark.parametrize("kind", [robustness, confusion])
def test_two_runs_give_the_same_bytes(evaluation, draw, kind):
    assert draw(kind(evaluation, "accuracy", ORDER)) == draw(kind(evaluation, "accuracy", ORDER), "again.svg")


def test_a_figure_needs_nothing_from_outside_and_holds_no_date(evaluation, draw):
    svg = draw(confusion(evaluation, "accuracy", ORDER))
    assert "<script" not in svg
    assert "<dc:date>" not in svg
    references = [line for line in svg.splitlines() if "xlink:href=" in line]
    assert all('xlink:href="#' in line or 'xlink:href="data:' in line for line in references)


def test_ten_embedders_differ_in_colour_and_in_marker():
    assert len(set(COLOURS)) == len(set(MARKERS)) == 10
    assert len({look_of(i) for i in range(30)}) == 30
