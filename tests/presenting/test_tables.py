"""Tables: built of the metrics that were asked for, in the asked order."""

import pytest
from example_results import CONDITIONS, EMBEDDERS, PROBES, build, evaluate_with_gaps

from soundcheck.presenting.wording import Order


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    return evaluate_with_gaps(tmp_path_factory.mktemp("scores"))


def test_columns_follow_the_given_order_of_conditions(evaluation):
    swapped = Order(["clean", CONDITIONS[2], CONDITIONS[1]], EMBEDDERS, PROBES)
    table = build(evaluation, order=swapped, metrics=["accuracy"])
    assert [column.name for column in table.columns] == ["C", "D1", "D2"]
    assert table.legend == (("C", "clean"), ("D1", CONDITIONS[2]), ("D2", CONDITIONS[1]))
    assert table.rows[0].cells[1].value == evaluation.score("accuracy", CONDITIONS[2], EMBEDDERS[0], PROBES[0]).value


def test_rows_follow_the_given_order_of_embedders_and_probes(evaluation):
    order = Order(CONDITIONS, EMBEDDERS[::-1], PROBES[::-1])
    keys = [row.key for row in build(evaluation, order=order).rows]
    assert keys == [(embedder, probe) for embedder in EMBEDDERS[::-1] for probe in PROBES[::-1]]


def test_an_unknown_preset_names_those_that_exist(evaluation):
    with pytest.raises(ValueError, match="all_deform_all_models, deformations, probes, embedders, per_class"):
        build(evaluation, "all")


def test_a_metric_that_was_not_computed_names_those_that_were(evaluation):
    with pytest.raises(ValueError, match=r"no metric 'roc_auc'.*accuracy, f1_macro"):
        build(evaluation, metrics=["roc_auc"])
