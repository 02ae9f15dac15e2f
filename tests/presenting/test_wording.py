"""How metrics are shown to a reader."""

from soundcheck.presenting.wording import metric


def test_known_metrics_are_percentages_and_changes_have_a_sign():
    assert metric("roc_auc").text(0.8371) == "83.7"
    assert metric("accuracy").change(-0.125) == "−12.5"
    assert metric("accuracy").change(0.031) == "+3.1"
    assert metric("accuracy").change(-0.0001) == "0.0"
