"""The figure of a metric of each label."""

from example_results import ORDER, evaluate
from markup import svg_texts

from soundcheck.presenting.figures.per_label import per_label


def test_per_label_draws_each_tag_and_counts_those_left_out(tmp_path, draw):
    tags = ["slow $tag$", "quiet_tag", "loud"]
    evaluation = evaluate(tmp_path, metrics=("roc_auc",), classes=tags, left_out_label="loud", task="autotagging")
    said = svg_texts(draw(per_label(evaluation, "roc_auc", ORDER)))
    assert "quiet_tag" in said
    assert "slow $tag$" in said
    assert "loud" not in said
    assert any("1 label left out" in each for each in said)
