"""How metrics are shown to a reader."""

from soundcheck.presenting.wording import change_text, number_text
from soundcheck.scoring.metrics import METRICS


def test_known_metrics_are_percentages_and_changes_have_a_sign():
    assert number_text(METRICS["roc_auc"], 0.8371) == "83.7"
    assert change_text(METRICS["accuracy"], -0.125) == "−12.5"
    assert change_text(METRICS["accuracy"], 0.031) == "+3.1"
    assert change_text(METRICS["accuracy"], -0.0001) == "0.0"
