"""Figures: the drawn points are the results', two runs give the same bytes, many embedders stay legible."""

import xml.etree.ElementTree as ET
from itertools import pairwise

import numpy as np
import pytest
from example_results import CLASSES, CONDITIONS, EMBEDDERS, MISSING, PROBES, write_scores

from soundcheck import figures, results
from soundcheck.tables import Order

ORDER = Order(CONDITIONS, EMBEDDERS, PROBES)
TASK = "instrument_classification"


def evaluate(folder, **more):
    results.collect(write_scores(folder, **more), folder / "results.parquet")
    return results.read_evaluation(folder / "results.parquet", "bells", more.get("task", TASK), "single")


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    return evaluate(tmp_path_factory.mktemp("scores"))


@pytest.fixture
def draw(tmp_path):
    def draw(figure, name="figure.svg"):
        figures.save(figure, tmp_path / name)
        return (tmp_path / name).read_text()

    return draw


def texts(svg):
    return ["".join(each.itertext()).strip() for each in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


@pytest.mark.parametrize("kind", [figures.robustness, figures.confusion])
def test_two_runs_give_the_same_bytes(evaluation, draw, kind):
    assert draw(kind(evaluation, "accuracy", ORDER)) == draw(kind(evaluation, "accuracy", ORDER), "again.svg")


def test_a_figure_needs_nothing_from_outside_and_holds_no_date(evaluation, draw):
    svg = draw(figures.confusion(evaluation, "accuracy", ORDER))
    assert "<script" not in svg
    assert "<dc:date>" not in svg
    references = [line for line in svg.splitlines() if "xlink:href=" in line]
    assert all('xlink:href="#' in line or 'xlink:href="data:' in line for line in references)


def test_robustness_draws_every_score_with_its_interval(evaluation):
    series = figures._series(evaluation, figures.metric("accuracy"), ORDER, PROBES[1])
    assert list(series) == EMBEDDERS
    for embedder, points in series.items():
        for position, *drawn in points:
            score = evaluation.score("accuracy", CONDITIONS[position], embedder, PROBES[1])
            assert drawn == [100 * score.value, 100 * score.low, 100 * score.high]
    assert [point[0] for point in series[MISSING[1]]] == [0, 1]


def test_robustness_names_conditions_probes_embedders_and_synthetic_audio(evaluation, draw):
    said = texts(draw(figures.robustness(evaluation, "accuracy", ORDER, "Bells", synthetic=True)))
    for expected in [*EMBEDDERS, "C", "D1", "D2", "Probe M1", "Probe M2", "Accuracy, %"]:
        assert expected in said
    assert any("Bells (synthetic audio)" in each for each in said)
    assert any(f"D2 = {CONDITIONS[2]}" in each for each in said)


def test_chance_is_the_share_of_the_largest_class_and_says_so(evaluation):
    value, name = figures._chance(evaluation, figures.metric("accuracy"))
    assert value == pytest.approx(100 / len(CLASSES))
    assert name == "always the largest class"
    assert figures._chance(evaluation, figures.metric("roc_auc")) == (50.0, "chance")
    assert figures._chance(evaluation, figures.metric("f1_macro")) is None


def test_a_panel_of_one_probe_can_be_asked_for(evaluation, draw):
    said = texts(draw(figures.robustness(evaluation, "accuracy", ORDER, probe="M2")))
    assert "Probe M2" in said
    assert "Probe M1" not in said


def test_names_of_ten_embedders_do_not_touch_and_none_is_cut(tmp_path):
    embedders = [f"embedder-with-a-long-name-{i}" for i in range(10)]
    evaluation = evaluate(tmp_path, embedders=embedders, missing=None)
    figure = figures.robustness(evaluation, "accuracy", Order(CONDITIONS, embedders, PROBES[:1]))
    renderer = figure.canvas.get_renderer()
    figure.draw(renderer)
    boxes = [text.get_window_extent(renderer) for text in figure.axes[0].texts]
    boxes = [box for box, text in zip(boxes, figure.axes[0].texts, strict=True) if text.get_text() in embedders]
    assert len(boxes) == 10
    ordered = sorted(boxes, key=lambda box: box.y0)
    assert all(low.y1 <= high.y0 + 1.5 for low, high in pairwise(ordered))
    assert all(box.x1 <= figure.bbox.x1 and box.y0 >= 0 for box in boxes)
    figures.plt.close(figure)


def test_ten_embedders_differ_in_colour_and_in_marker():
    assert len(set(figures.COLOURS)) == len(set(figures.MARKERS)) == 10
    pairs = {
        (figures.COLOURS[i % 10], figures.MARKERS[(i + i // 10) % 10])
        for i in range(30)
    }  # fmt: skip
    assert len(pairs) == 30


def test_confusion_rows_are_shares_of_the_true_class(evaluation):
    counts = evaluation.confusion["clean", EMBEDDERS[0], PROBES[0]]
    shares = figures._row_shares(counts, sorted(CLASSES))
    assert shares.sum(axis=1) == pytest.approx(np.full(len(CLASSES), 100.0))
    first = sorted(CLASSES)[0]
    total = sum(count for (true, _), count in counts.items() if true == first)
    assert shares[0, 0] == pytest.approx(100 * counts[first, first] / total)


def test_a_class_without_test_items_is_a_row_of_zeros():
    assert figures._row_shares({("a", "b"): 2.0}, ["a", "b"]).tolist() == [[0.0, 100.0], [0.0, 0.0]]


def test_confusion_compares_clean_with_the_condition_of_the_lowest_mean(evaluation, draw):
    means = {}
    for name in CONDITIONS[1:]:
        scores = [evaluation.score("accuracy", name, embedder, PROBES[0]) for embedder in EMBEDDERS]
        means[name] = np.mean([score.value for score in scores if score])
    worst = min(means, key=means.get)
    assert figures._worst_condition(evaluation, figures.metric("accuracy"), ORDER, PROBES[0]) == worst
    said = texts(draw(figures.confusion(evaluation, "accuracy", ORDER)))
    assert any(f"probe M1, clean and D2 {worst}" in each for each in said)
    assert set(EMBEDDERS) <= set(said)
    assert set(CLASSES) <= set(said)


def test_a_matrix_that_was_not_run_says_so(evaluation, draw):
    assert "not run" in texts(draw(figures.confusion(evaluation, "accuracy", ORDER, probe=MISSING[2])))


def test_confusion_that_was_not_asked_for_says_what_to_do(tmp_path):
    evaluation = evaluate(tmp_path, metrics=("f1_macro",))
    with pytest.raises(ValueError, match="Add `confusion` to the metrics"):
        figures.confusion(evaluation, "f1_macro", ORDER)


def test_per_label_draws_each_tag_and_counts_those_left_out(tmp_path, draw):
    tags = ["slow $tag$", "quiet_tag", "loud"]
    evaluation = evaluate(tmp_path, metrics=("roc_auc",), classes=tags, left_out_label="loud", task="autotagging")
    said = texts(draw(figures.per_label(evaluation, "roc_auc", ORDER)))
    assert "quiet_tag" in said
    assert "slow $tag$" in said
    assert "loud" not in said
    assert any("1 label left out" in each for each in said)
