"""The robustness figure: the drawn points are the results', many embedders stay legible."""

from itertools import pairwise

import matplotlib.pyplot as plt
import pytest
from example_results import CLASSES, CONDITIONS, EMBEDDERS, MISSING, ORDER, PROBES, evaluate
from markup import svg_texts

from soundcheck.presenting.figures import robustness
from soundcheck.presenting.figures.robustness import _chance, _series
from soundcheck.presenting.wording import Order
from soundcheck.scoring.metrics import described


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    return evaluate(tmp_path_factory.mktemp("scores"))


def test_robustness_draws_every_score_with_its_interval(evaluation):
    series = _series(evaluation, described("accuracy"), ORDER, PROBES[1])
    assert list(series) == EMBEDDERS
    for embedder, points in series.items():
        for position, *drawn in points:
            score = evaluation.score("accuracy", CONDITIONS[position], embedder, PROBES[1])
            assert drawn == [100 * score.value, 100 * score.low, 100 * score.high]
    assert [point[0] for point in series[MISSING[1]]] == [0, 1]


def test_robustness_names_conditions_probes_embedders_and_synthetic_audio(evaluation, draw):
    said = svg_texts(draw(robustness.draw(evaluation, "accuracy", ORDER, "Bells", synthetic=True)))
    for expected in [*EMBEDDERS, "C", "D1", "D2", "Probe M1", "Probe M2", "Accuracy, %"]:
        assert expected in said
    assert any("Bells (synthetic audio)" in each for each in said)
    assert any(f"D2 = {CONDITIONS[2]}" in each for each in said)


def test_chance_is_the_share_of_the_largest_class_and_says_so(evaluation):
    value, name = _chance(evaluation, described("accuracy"))
    assert value == pytest.approx(100 / len(CLASSES))
    assert name == "always the largest class"
    assert _chance(evaluation, described("roc_auc")) == (50.0, "chance")
    assert _chance(evaluation, described("f1_macro")) is None


def test_a_panel_of_one_probe_can_be_asked_for(evaluation, draw):
    said = svg_texts(draw(robustness.draw(evaluation, "accuracy", ORDER, probe="M2")))
    assert "Probe M2" in said
    assert "Probe M1" not in said


def test_names_of_ten_embedders_do_not_touch_and_none_is_cut(tmp_path):
    embedders = [f"embedder-with-a-long-name-{i}" for i in range(10)]
    evaluation = evaluate(tmp_path, embedders=embedders, missing=None)
    figure = robustness.draw(evaluation, "accuracy", Order(CONDITIONS, embedders, PROBES[:1]))
    renderer = figure.canvas.get_renderer()
    figure.draw(renderer)
    boxes = [text.get_window_extent(renderer) for text in figure.axes[0].texts]
    boxes = [box for box, text in zip(boxes, figure.axes[0].texts, strict=True) if text.get_text() in embedders]
    assert len(boxes) == 10
    ordered = sorted(boxes, key=lambda box: box.y0)
    assert all(low.y1 <= high.y0 + 1.5 for low, high in pairwise(ordered))
    assert all(box.x1 <= figure.bbox.x1 and box.y0 >= 0 for box in boxes)
    plt.close(figure)
