"""Cells: changes between what can be compared, and honest marks of what is best."""

import pytest
from example_results import CONDITIONS, EMBEDDERS, MISSING, PROBES, build, evaluate, evaluate_with_gaps

from soundcheck.presenting.formats.reading import value_text
from soundcheck.presenting.wording import Order


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    return evaluate_with_gaps(tmp_path_factory.mktemp("scores"))


def test_a_change_compares_only_probes_that_have_both_conditions(evaluation):
    table = build(evaluation, "deformations", metrics=["accuracy"])
    row = next(row for row in table.rows if row.key[1] == MISSING[0])
    cell = row.cells[EMBEDDERS.index(MISSING[1])]
    (kept,) = [probe for probe in PROBES if probe != MISSING[2]]
    clean, noisy = (evaluation.score("accuracy", name, MISSING[1], kept).value for name in ("clean", MISSING[0]))
    assert cell.drop == pytest.approx(noisy - clean, abs=1e-12)


def test_each_column_marks_its_best_value_and_no_other(evaluation):
    table = build(evaluation)
    for i in range(len(table.columns)):
        cells = [row.cells[i] for row in table.rows if row.cells[i].value is not None]
        best = max(cell.value for cell in cells)
        assert [cell.value for cell in cells if cell.best] == [best]


def test_a_value_is_tied_exactly_when_its_interval_overlaps_the_best_ones(evaluation):
    table = build(evaluation)
    seen = set()
    for i in range(len(table.columns)):
        cells = [row.cells[i] for row in table.rows if row.cells[i].value is not None]
        best = next(cell for cell in cells if cell.best)
        for cell in cells:
            if not cell.best:
                assert cell.tied == (cell.high >= best.low)
                seen.add(cell.tied)
    assert seen == {True, False}


def test_a_metric_of_unknown_direction_keeps_its_name_and_marks_nothing(tmp_path):
    table = build(evaluate(tmp_path, metrics=("my_loss",)), metrics=["my_loss"])
    cells = [cell for row in table.rows for cell in row.cells]
    assert not any(cell.best or cell.tied for cell in cells)
    assert table.columns[0].group == "my_loss"
    assert value_text(cells[0]) == f"{cells[0].value:.3f}"
    assert any("direction is not known" in text for _, text in table.notes)


def test_means_over_probes_never_claim_to_tie(evaluation):
    for preset in ("deformations", "embedders", "per_class"):
        assert not any(cell.tied for row in build(evaluation, preset).rows for cell in row.cells)


def test_one_probe_alone_is_the_best_of_nothing(evaluation):
    order = Order(CONDITIONS, EMBEDDERS, PROBES[:1])
    assert not any(cell.best for row in build(evaluation, "probes", order).rows for cell in row.cells)
