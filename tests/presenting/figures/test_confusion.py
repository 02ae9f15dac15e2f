"""The confusion figure: shares of the true class, clean beside the condition that costs most."""

import numpy as np
import pytest
from example_results import CLASSES, CONDITIONS, EMBEDDERS, MISSING, ORDER, PROBES, evaluate
from markup import svg_texts

from soundcheck.presenting.figures import confusion
from soundcheck.presenting.figures.confusion import _row_shares, _worst_condition
from soundcheck.scoring.metrics import described


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    return evaluate(tmp_path_factory.mktemp("scores"))


def test_confusion_rows_are_shares_of_the_true_class(evaluation):
    counts = evaluation.confusion["clean", EMBEDDERS[0], PROBES[0]]
    shares = _row_shares(counts, sorted(CLASSES))
    assert shares.sum(axis=1) == pytest.approx(np.full(len(CLASSES), 100.0))
    first = sorted(CLASSES)[0]
    total = sum(count for (true, _), count in counts.items() if true == first)
    assert shares[0, 0] == pytest.approx(100 * counts[first, first] / total)


def test_a_class_without_test_items_is_a_row_of_zeros():
    assert _row_shares({("a", "b"): 2.0}, ["a", "b"]).tolist() == [[0.0, 100.0], [0.0, 0.0]]


def test_confusion_compares_clean_with_the_condition_of_the_lowest_mean(evaluation, draw):
    means = {}
    for name in CONDITIONS[1:]:
        scores = [evaluation.score("accuracy", name, embedder, PROBES[0]) for embedder in EMBEDDERS]
        means[name] = np.mean([score.value for score in scores if score])
    worst = min(means, key=means.get)
    assert _worst_condition(evaluation, described("accuracy"), ORDER, PROBES[0]) == worst
    said = svg_texts(draw(confusion.draw(evaluation, "accuracy", ORDER)))
    assert any(f"probe M1, clean and D2 {worst}" in each for each in said)
    assert set(EMBEDDERS) <= set(said)
    assert set(CLASSES) <= set(said)


def test_a_matrix_that_was_not_run_says_so(evaluation, draw):
    assert "not run" in svg_texts(draw(confusion.draw(evaluation, "accuracy", ORDER, probe=MISSING[2])))


def test_confusion_that_was_not_asked_for_says_what_to_do(tmp_path):
    evaluation = evaluate(tmp_path, metrics=("f1_macro",))
    with pytest.raises(ValueError, match="Add `confusion` to the metrics"):
        confusion.draw(evaluation, "f1_macro", ORDER)
