"""The recipe "to add a metric": with its function and its entry, everything else knows top-3 accuracy."""

import importlib.util

import numpy as np
import pytest
from example_results import CLASSES, CONDITIONS, EMBEDDERS, PROBES, build, evaluate

from soundcheck.configuration import catalogue
from soundcheck.configuration.plan import Plan
from soundcheck.configuration.read import read
from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.presenting.figures import robustness
from soundcheck.presenting.formats.markdown import to_markdown
from soundcheck.presenting.wording import Order, heading
from soundcheck.scoring import metrics
from soundcheck.scoring.metrics.classification import weighted_mean

TOP3 = metrics.Metric(
    "top3_accuracy",
    function=f"{__name__}.top3_accuracy",
    task="multiclass",
    title="Top-3 accuracy",
    criterion=True,
    chance=metrics.Chance("three of ten classes", 0.3),
    description="share of tracks whose class is among the three with the highest scores",
    synonyms=("top3",),
)


def top3_accuracy(y_true, y_score, labels, weights=None):
    """What the recipe's first file would hold."""
    best = np.argsort(-y_score, axis=1, kind="stable")[:, :3]
    hits = np.take_along_axis(y_true, best, axis=1).any(axis=1)
    return weighted_mean(hits[:, None], weights)[..., 0][()], None


@pytest.fixture
def known(repository, monkeypatch):
    """The catalogues, as they are read with the new entry."""
    monkeypatch.setitem(metrics.METRICS, TOP3.id, TOP3)
    return catalogue.load(repository)


def config_of(known, task="instrument_classification", **changes):
    experiment = {"task": task, "datasets": ["synthetic"], "embedders": ["handcrafted-mfcc"], "probes": ["M1"]}
    return read({"experiments": [experiment | changes]}, known)


def test_it_fits_its_tasks_and_is_shown(known):
    assert metrics.metric("top3_accuracy") is top3_accuracy
    config = config_of(known)
    assert config.experiments[0].metrics == ["accuracy", "f1_micro", "f1_macro", "confusion", "top3_accuracy"]
    plan = Plan(config)
    (evaluation,) = plan.evaluations
    assert plan.shown_metrics(evaluation) == ["accuracy", "f1_macro", "top3_accuracy"]
    assert "top3_accuracy" not in config_of(known, "autotagging").experiments[0].metrics


def test_a_configuration_knows_its_synonym_and_corrects_its_name(known):
    assert config_of(known, metrics=["top3"]).experiments[0].metrics == ["top3_accuracy"]
    with pytest.raises(SoundcheckError, match="did you mean 'top3_accuracy'"):
        config_of(known, metrics=["top3_acuracy"])


def test_it_can_choose_an_epoch_of_its_tasks(known):
    probe = {"name": "mine", "save_criterion": "val_top3"}
    experiment = config_of(known, probes=[probe]).experiments[0]
    assert experiment.probes[0].for_task(experiment.task)["save_criterion"] == "top3_accuracy"
    with pytest.raises(SoundcheckError, match="top3_accuracy is not defined for autotagging"):
        config_of(known, "autotagging", probes=[probe])


def test_schema_and_manual_describe_it(known, repository):
    properties = known.schema["$defs"]["probe"]["properties"]
    assert "top3_accuracy" in properties["save_criterion"]["enum"]
    assert "`top3_accuracy`" in properties["save_criterion"]["description"]
    assert "`top3_accuracy` (multiclass)" in known.schema["$defs"]["experiment"]["properties"]["metrics"]["description"]
    spec = importlib.util.spec_from_file_location("generate", repository / "docs" / "generate.py")
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    page = (repository / "docs" / "configuration" / "metrics.md").read_text(encoding="utf-8")
    row = f"| `top3_accuracy` | `top3` | multiclass | Top-3 accuracy, % | higher | {TOP3.description} |\n"
    assert row not in page
    assert row in generate.generated(page, known)


def test_a_table_gives_its_title_its_unit_and_its_best_value(known, tmp_path):
    table = build(evaluate(tmp_path, metrics=("accuracy", "top3_accuracy")), metrics=["accuracy", "top3_accuracy"])
    assert {column.group for column in table.columns} == {"Accuracy, %", "Top-3 accuracy, %"}
    place = next(i for i, column in enumerate(table.columns) if column.key == "top3_accuracy clean")
    cells = [row.cells[place] for row in table.rows]
    assert [cell.best for cell in cells].count(True) == 1
    assert max(cells, key=lambda cell: cell.value).best
    assert not any("direction" in text for _, text in table.notes)
    assert "Top-3 accuracy, %" in to_markdown(table)


def test_a_figure_gives_its_title_and_the_line_of_a_guess(known, tmp_path):
    results = evaluate(tmp_path, metrics=("accuracy", "top3_accuracy"))
    figure = robustness.draw(results, "top3_accuracy", Order(CONDITIONS, EMBEDDERS, PROBES))
    assert figure.axes[0].get_ylabel() == "Top-3 accuracy, %"
    texts = {text.get_text() for axis in figure.axes for text in axis.texts}
    assert "three of ten classes 30.0" in texts


@pytest.mark.parametrize("name", [name for name, metric in metrics.METRICS.items() if not metric.is_matrix])
def test_every_metric_has_a_table_with_its_unit_and_a_best_mark(name, tmp_path):
    table = build(evaluate(tmp_path, metrics=tuple(dict.fromkeys(("accuracy", name)))), metrics=[name])
    assert {column.group for column in table.columns} == {heading(metrics.METRICS[name])}
    assert any(cell.best for row in table.rows for cell in row.cells)
    assert not any("direction" in text for _, text in table.notes)
    labels = f"mean of {', '.join(CLASSES[:-1])} and {CLASSES[-1]}"
    assert (labels in table.facts) == (metrics.METRICS[name].task == "regression")
