"""Notes: what is missing, and what stands on fewer test items, is said beside the numbers."""

import pytest
from example_results import CONDITIONS, EMBEDDERS, METRICS, MISSING, PROBES, N, build, evaluate_with_gaps

from soundcheck.presenting.evaluation import Evaluation, Score
from soundcheck.presenting.formats.reading import value_text
from soundcheck.presenting.wording import Order


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    return evaluate_with_gaps(tmp_path_factory.mktemp("scores"))


def test_a_missing_cell_is_a_dash_with_a_note(evaluation):
    table = build(evaluation)
    row = next(row for row in table.rows if row.key == MISSING[1:])
    assert value_text(row.cells[CONDITIONS.index(MISSING[0])]) == "–"
    assert any(mark == "–" for mark, _ in table.notes)


def test_a_table_without_missing_cells_has_no_such_note(evaluation):
    table = build(evaluation, order=Order(CONDITIONS[:2], EMBEDDERS, PROBES))
    assert not any(mark == "–" for mark, _ in table.notes)


def test_cells_with_fewer_test_items_carry_a_letter_and_its_note(evaluation):
    table = build(evaluation)
    marked = {(row.key[0], column.key) for row in table.rows for cell, column in zip(row.cells, table.columns, strict=True) if cell.mark}  # fmt: skip  # noqa: E501
    assert marked == {("random-tiny", f"{name} clean") for name in METRICS}
    assert ("a", f"87 test items in the place of {N}: the report lists what was left out, and why.") in table.notes
    assert f"{N} test items" in table.facts


def test_a_metric_that_no_item_could_measure_is_a_dash_and_not_a_number():
    undefined = Score(None, None, None, None, N)
    scores = {("roc_auc", "clean", embedder, "M1", ""): undefined for embedder in EMBEDDERS}
    evaluation = Evaluation("bells", "autotagging", "single", scores)
    order = Order(["clean"], EMBEDDERS, ["M1"])
    for preset in ("all_deform_all_models", "deformations", "probes", "embedders"):
        table = build(evaluation, preset, order, ["roc_auc"])
        assert value_text(table.rows[0].cells[0]) == "–"
        assert any(mark == "–" for mark, _ in table.notes)
