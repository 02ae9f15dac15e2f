"""Regression as a type of task, stage by stage: splits of numbers, linear outputs, R² and MAE, tables and pages."""

import csv
import io

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import sklearn.metrics
import yaml
from markup import read_html

from soundcheck import parquet
from soundcheck.configuration import catalogue
from soundcheck.configuration.plan import Evaluation, Plan, Table
from soundcheck.configuration.read import read
from soundcheck.datasets.splits import making
from soundcheck.datasets.splits.stratification import quantile_bins
from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.presenting import formats, pages, tables
from soundcheck.presenting.evaluation import read_evaluation
from soundcheck.presenting.wording import Order
from soundcheck.probing import fitting, items
from soundcheck.probing.mlp import model as mlp
from soundcheck.probing.mlp import training
from soundcheck.probing.predicting import tracks as predicting
from soundcheck.scoring import metrics, scores
from soundcheck.scoring.table import AXES, collect, write_scores

NAMES = ["arousal", "valence"]
PARAMETERS = {
    "kind": "mlp",
    "hidden_units": [],
    "output_activation": "linear",
    "weight_decay": 0.0,
    "optimizer": "adam",
    "learning_rate": 1e-2,
    "batch_size": 32,
    "epochs": 60,
    "patience": 60,
    "standardize": True,
    "emb_dim_reduction": "none",
    "pca_components": None,
    "save_criterion": "loss",
    "seeds": [0, 1, 2],
}


# ------------------------------------------------------------------------------------------------------------ splits


def split_of(values, groups=None, **arguments):
    tracks = pd.DataFrame({"track_id": [f"t{i:03}" for i in range(len(values))], "left_out": None})
    tracks["group"] = pd.Series(groups if groups is not None else [None] * len(values), dtype=object)
    arguments = {"dataset": "d", "task": "mood", "task_type": "regression", "split": "single", "seed": 0} | arguments
    return making.make_split(tracks, values, **arguments)


def numbers_of(values, groups=None, **arguments):
    table, metadata = split_of(values, groups, **arguments)
    return table.to_pandas().set_index("track_id"), metadata


def test_numbers_read_back_exactly_and_in_their_order():
    generator = np.random.default_rng(0)
    values = generator.normal(size=(60, 2)) * [1e-7, 1e5]
    table, metadata = numbers_of([[repr(a), f" {b!r} "] for a, b in values.tolist()], targets=NAMES)
    assert np.array_equal(np.array(table["label"].tolist(), dtype=float), values)
    assert metadata["classes"] == NAMES
    assert metadata["task_type"] == "regression"


@pytest.mark.parametrize("split", ["single", "all"])
def test_parts_are_alike_in_their_distribution(split):
    values = np.sort(np.random.default_rng(1).lognormal(5, 1, size=500))
    table, _ = numbers_of([[str(value)] for value in values], split=split)
    for _, fold in table.groupby("fold"):
        for _, part in fold.groupby("part"):
            low, middle, high = np.quantile([float(label[0]) for label in part["label"]], [0.1, 0.5, 0.9])
            expected = np.quantile(values, [0.1, 0.5, 0.9])
            assert np.abs(np.log([low, middle, high] / expected)).max() < 0.35


def test_groups_stay_together():
    generator = np.random.default_rng(2)
    groups = [f"g{generator.integers(40)}" for _ in range(300)]
    table, metadata = numbers_of([[str(value)] for value in generator.normal(size=300)], groups, grouped_by="album")
    assert metadata["group_overlap"] == []
    assert (table.groupby("group")["part"].nunique() == 1).all()


def test_what_is_no_number_is_left_out_with_the_reason():
    values = [[str(i)] for i in range(40)]
    values[3], values[4], values[5], values[6], values[7] = ["fast"], ["nan"], ["1", "2"], [], "not annotated"
    table, metadata = numbers_of(values)
    assert table.loc[[f"t{i:03}" for i in range(3, 8)], "reason"].tolist() == [
        "'fast' is not a number", "'nan' is not a finite number", "has 2 values, not 1 value",
        "no value", "not annotated"
    ]  # fmt: skip
    assert (table["part"] == "left_out").sum() == 5
    assert metadata["classes"] == ["mood"]


def test_targets_without_names_are_numbered():
    assert numbers_of([["1", "2"]] * 20)[1]["classes"] == ["mood 1", "mood 2"]


def test_the_users_own_parts_are_kept():
    parts = ["train"] * 30 + ["test"] * 5 + ["validation"] * 5
    official = pd.DataFrame({"track_id": [f"t{i:03}" for i in range(40)], "fold": 0, "part": parts})
    table, metadata = numbers_of([[str(i)] for i in range(40)], official=official)
    assert list(table["part"]) == parts
    official = official[official["part"] != "validation"]
    table, metadata = numbers_of([[str(i)] for i in range(40)], official=official)
    assert metadata["validation_from_train"] == 0.1
    assert (table["part"] == "validation").sum() == 3


def test_equal_values_share_a_bin_and_bins_are_of_equal_size():
    bins = quantile_bins(np.array([[1.0] * 50 + list(range(2, 52))]).T)
    assert len(set(bins[:50, 0])) == 1
    assert (np.bincount(quantile_bins(np.random.default_rng(0).normal(size=(200, 1)))[:, 0]) == 20).all()
    assert not quantile_bins(np.arange(9.0)[:, None]).any()


# ------------------------------------------------------------------------------------------------------------ probes


def linear_data(n=240, noise=0.1, seed=0):
    generator = np.random.default_rng(seed)
    X = generator.normal(size=(n, 6)).astype(np.float32)
    y = X[:, :2] @ [[1.0, 0.5], [-1.0, 2.0]] + noise * generator.normal(size=(n, 2))
    y = (y * [10, 0.01] + [120, 3]).astype(np.float32)
    return X[:160], y[:160], X[160:200], y[160:200], X[200:], y[200:]


def fit(data=None, names=NAMES, **changes):
    data = data or linear_data()
    return training.fit(*data[:4], names, "regression", PARAMETERS | changes)


@pytest.mark.parametrize("hidden_units", [[], [16], ["infer"]])
def test_a_linear_relation_is_found_in_the_targets_own_units(hidden_units):
    data = linear_data()
    model, _ = fit(data, hidden_units=hidden_units)
    for predicted in mlp.predict(model, data[4]):
        assert metrics.metric("r2")(data[5], predicted, NAMES)[0] > 0.97
        errors = metrics.metric("mae")(data[5], predicted, NAMES)[1]
        assert errors[0] < 4
        assert errors[1] < 0.006


@pytest.mark.parametrize("n_targets", [1, 2])
@pytest.mark.parametrize("hidden_units", [[], [7, 5]])
def test_a_seeds_result_depends_neither_on_the_others_nor_on_threads(n_targets, hidden_units):
    data = [part[:, :n_targets] if i % 2 else part for i, part in enumerate(linear_data(n=231))]
    names, settings = NAMES[:n_targets], {"hidden_units": hidden_units, "epochs": 20}
    together, history = fit(data, names, seeds=[4, 0, 9], **settings)
    alone, own = fit(data, names, seeds=[9], **settings)
    assert [row for row in history if row["seed"] == 9] == own
    for mine, shared in zip([*alone.kernels, *alone.biases], [*together.kernels, *together.biases], strict=True):
        assert np.array_equal(mine[0], shared[2])
    parameters = PARAMETERS | settings | {"seeds": [4, 0, 9]}
    threaded, _ = training.fit(*data[:4], names, "regression", parameters, threads=3)
    assert all(np.array_equal(a, b) for a, b in zip(threaded.kernels, together.kernels, strict=True))


def test_training_does_not_depend_on_the_targets_units():
    X, y, X_val, y_val, *_ = linear_data()
    one, history = fit((X, y, X_val, y_val))
    other, other_history = fit((X, y * 8 + 64, X_val, y_val * 8 + 64))
    losses = [[row["val_loss"] for row in rows] for rows in (history, other_history)]
    np.testing.assert_allclose(*losses, rtol=1e-3)
    np.testing.assert_allclose(mlp.predict(one, X_val) * 8 + 64, mlp.predict(other, X_val), rtol=1e-3, atol=0.05)


def test_an_untrained_probe_says_the_training_mean():
    data = linear_data()
    model, _ = fit(data, learning_rate=1e-12, epochs=1)
    np.testing.assert_allclose(
        mlp.predict(model, data[4]), np.broadcast_to(data[1].mean(axis=0), (3, 40, 2)), rtol=1e-5
    )


@pytest.mark.parametrize(("criterion", "best"), [("loss", min), ("mae", min), ("r2", max)])
def test_the_best_epoch_is_that_of_the_criterion(criterion, best):
    data = linear_data(noise=3)
    model, history = fit(data, hidden_units=[64], save_criterion=criterion, learning_rate=3e-2)
    for place, seed in enumerate(model.seeds):
        values = [row[f"val_{criterion}"] for row in history if row["seed"] == seed]
        assert model.facts["best_value"][place] == best(values)
        assert model.facts["best_epoch"][place] < 60
    if criterion == "mae":
        own = metrics.metric("mae")(data[3], mlp.predict(model, data[2])[0], NAMES)[0]
        assert own == pytest.approx(model.facts["best_value"][0], rel=1e-4)


def test_a_target_that_does_not_vary_is_no_division_by_zero():
    X, y, X_val, y_val, *_ = linear_data()
    y[:, 1] = y_val[:, 1] = 7
    model, _ = fit((X, y, X_val, y_val))
    assert np.isfinite(mlp.predict(model, X_val)).all()


@pytest.mark.parametrize(("task_type", "activation"), [("regression", "softmax"), ("multiclass", "linear")])
def test_an_activation_that_does_not_fit_is_refused(task_type, activation):
    parameters = PARAMETERS | {"output_activation": activation}
    with pytest.raises(SoundcheckError, match=f"output_activation {activation} does not fit a {task_type} task"):
        training.fit(*linear_data()[:4], NAMES, task_type, parameters)


# ----------------------------------------------------------------------------------------------------------- metrics


@pytest.mark.parametrize("n_targets", [1, 3])
def test_values_are_scikit_learns(n_targets):
    generator = np.random.default_rng(0)
    truth = generator.normal(1998, 10, size=(80, n_targets))
    guess = (truth + generator.normal(0, 6, size=truth.shape)).astype(np.float32)
    weights = np.stack([generator.multinomial(80, np.full(80, 1 / 80)) for _ in range(20)]).astype(np.int32)
    labels = [str(i) for i in range(n_targets)]
    for name, theirs in (("r2", sklearn.metrics.r2_score), ("mae", sklearn.metrics.mean_absolute_error)):
        value, each = metrics.metric(name)(truth, guess, labels)
        assert value == pytest.approx(theirs(truth, guess), rel=1e-9)
        assert (each is None) == (n_targets == 1)
        values, per_target = metrics.metric(name)(truth, guess, labels, weights)
        for i, counts in enumerate(weights):
            rows = np.repeat(np.arange(80), counts)
            assert values[i] == pytest.approx(theirs(truth[rows], guess[rows]), rel=1e-9)
            if n_targets > 1:
                expected = theirs(truth[rows], guess[rows], multioutput="raw_values")
                np.testing.assert_allclose(per_target[i], expected, rtol=1e-9)


def test_a_target_without_variance_has_no_r2():
    truth = np.array([[0.1, 1], [0.1, 2], [0.1, 3]])
    value, each = metrics.metric("r2")(truth, truth, NAMES)
    assert np.isnan(each[0])
    assert value == 1
    assert np.isnan(metrics.metric("r2")(truth, truth, NAMES, np.array([[0, 3, 0]]))[0]).all()


# ----------------------------------------------------------------------------------------- from embeddings to scores

IDS = dict(zip(AXES, ("music", "mood", "single", "clean", "mfcc", "M1"), strict=True))


def scored_by(*paths):
    table, metadata = predicting.predictions(*paths, IDS, "mlp")
    return table, metadata, scores.scores_from_predictions(table, metadata, ["r2", "mae"], 200, 0)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A fitted and scored probe on 100 tracks, one of whose tests has no embedding; predictions, score rows, paths."""
    folder = tmp_path_factory.mktemp("regression")
    X, y, *_ = linear_data(noise=0.5)
    ids = [f"t{i:03}" for i in range(100)]
    table, metadata = split_of([[repr(float(each)) for each in row] for row in y[:100]], targets=NAMES)
    parquet.write(table, folder / "split.parquet", metadata)
    split = table.to_pandas()
    missing = split["track_id"][split["part"] == "test"].iloc[0]
    kept = [i for i in range(100) if ids[i] != missing]
    embeddings = {"track_id": [ids[i] for i in kept], "time_s": pa.nulls(99, pa.float64())}
    embeddings["embedding"] = items.list_column(X[kept])
    parquet.write(pa.table(embeddings), folder / "embeddings.parquet", {"dimension": 6})
    inputs = (folder / "embeddings.parquet", folder / "split.parquet")
    fitting.fit_probe(*inputs, PARAMETERS, folder / "model.npz", folder / "history.csv")
    scored = scored_by(*inputs, folder / "model.npz")
    return scored, folder, split, missing


def test_scores_are_those_of_the_predictions(run):
    (table, metadata, rows), _, split, missing = run
    assert metadata["classes"] == NAMES
    assert metadata["not_evaluated"] == {"0": [missing]}
    frame = table.to_pandas()
    assert set(frame["track_id"]) == set(split["track_id"][split["part"] == "test"]) - {missing}
    for seed, own in frame.groupby("seed"):
        truth = np.array(own["label"].tolist(), dtype=float)
        guess = np.stack(own["score"])
        (row,) = (row for row in rows if row["metric"] == "r2" and row["seed"] == seed)
        assert row["value"] == pytest.approx(sklearn.metrics.r2_score(truth, guess))


def test_each_target_has_a_row_with_its_interval_and_all_items(run):
    (_, _, rows), _, split, _ = run
    for name in ("r2", "mae"):
        (mean,) = (row for row in rows if row["metric"] == name and row["seed"] == "mean" and not row["label"])
        each = [row for row in rows if row["metric"] == name and row["label"]]
        assert [row["label"] for row in each] == NAMES
        assert mean["value"] == pytest.approx(np.mean([row["value"] for row in each]))
        for row in (mean, *each):
            assert row["low"] < row["value"] < row["high"]
            assert row["seed_std"] >= 0
            assert row["n"] == (split["part"] == "test").sum() - 1


def test_history_and_scores_are_the_same_bytes_in_a_second_run(run, tmp_path):
    (_, _, rows), folder, *_ = run
    inputs = (folder / "embeddings.parquet", folder / "split.parquet")
    fitting.fit_probe(*inputs, PARAMETERS, tmp_path / "model.npz", tmp_path / "history.csv")
    assert (tmp_path / "model.npz").read_bytes() == (folder / "model.npz").read_bytes()
    assert (tmp_path / "history.csv").read_bytes() == (folder / "history.csv").read_bytes()
    assert scored_by(*inputs, tmp_path / "model.npz")[2] == rows
    assert next(csv.DictReader((folder / "history.csv").open()))["train_loss"]


def test_tables_read_lower_errors_as_better_and_name_the_targets(run, tmp_path):
    (_, _, rows), *_ = run
    other = [row | {"embedder": "worse"} for row in rows]
    for row in other:
        if row["metric"] == "mae":
            row |= {key: row[key] and row[key] * 3 for key in ("value", "low", "high")}
        else:
            row |= {key: row[key] and row[key] - 1 for key in ("value", "low", "high")}
    for name, found in (("a.csv", rows), ("b.csv", other)):
        write_scores(found, tmp_path / name)
    collect([tmp_path / "a.csv", tmp_path / "b.csv"], tmp_path / "results.parquet")
    evaluation = read_evaluation(tmp_path / "results.parquet", "music", "mood", "single")
    order = Order(["clean"], ["mfcc", "worse"], ["M1"])
    table = tables.build(evaluation, "all_deform_all_models", ["r2", "mae"], order)
    best = {row.stub[0]: [cell.best for cell in row.cells] for row in table.rows}
    assert best == {"mfcc": [True, True], "worse": [False, False]}
    text = formats.to_markdown(table)
    assert "R²" in text
    assert "%" not in text.split("Every embedder")[1].split("|")[4]
    assert "mean of arousal and valence" in text
    assert "class" not in text


def test_an_error_is_worst_where_it_is_highest():
    assert metrics.METRICS["mae"].higher_is_better is False
    assert metrics.METRICS["r2"].higher_is_better is True
    assert not metrics.METRICS["mae"].percent


def test_the_page_of_counts_says_what_the_numbers_are_like(run, tmp_path):
    _, folder, split, _ = run
    tracks = pa.table({"track_id": list(split["track_id"]), "left_out": pa.nulls(len(split), pa.string())})
    facts = {"dataset": "music", "title": "Music", "licence": "CC0", "synthetic": True, "n_found": 100, "n_left_out": 0}
    parquet.write(tracks, tmp_path / "tracks.parquet", facts)
    files = {"tracks": [tmp_path / "tracks.parquet"], "splits": [folder / "split.parquet"]}
    page = pages.make("counts", files, {})
    assert not any(row["label"] for row in csv.DictReader(io.StringIO(page.csv)))
    shown = read_html(page.html)
    assert "2 targets" in shown.text
    numbers = [float(label[0]) for label in split["label"][split["part"] == "train"]]
    expected = f"{min(numbers):g}, {sum(numbers) / len(numbers):.5g}, {max(numbers):g}"
    assert ["arousal", expected] == shown.tables[-1][1][:2]


# ----------------------------------------------------------------------------------------------------- configuration


@pytest.fixture(scope="module")
def known(repository):
    return catalogue.load(repository)


def config_of(known, **changes):
    experiment = {"datasets": ["synthetic"], "embedders": ["handcrafted-mfcc"], "probes": ["M1"]}
    experiment |= {"task": "tempo_estimation"} | changes
    return read(yaml.safe_load(yaml.safe_dump({"experiments": [experiment]})), known)


def test_a_regression_gets_its_metrics_activation_and_criterion(known):
    config = config_of(known)
    experiment = config.experiments[0]
    assert experiment.metrics == ["r2", "mae"]
    probe = experiment.probes[0].for_task(experiment.task)
    assert (probe["output_activation"], probe["save_criterion"]) == ("linear", "loss")
    plan = Plan(config)
    evaluation = Evaluation("synthetic", "tempo_estimation", "single")
    assert plan.shown_metrics(evaluation) == ["r2", "mae"]
    assert plan.labelled == []
    assert plan.tables({preset: preset == "per_class" for preset in config.autotable} | {"per_class": True}) == [
        Table("synthetic", "tempo_estimation", "single", preset) for preset in config.autotable if preset != "per_class"
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"probes": [{"output_activation": "softmax"}]}, "softmax does not fit tempo_estimation, which is regression"),
        ({"probes": [{"save_criterion": "accuracy"}]}, "use one of loss, r2, mae"),
        ({"metrics": ["accuracy"]}, "accuracy does not fit tempo_estimation; metrics that do: r2, mae"),
        ({"metrics": ["confusion"]}, "confusion does not fit"),
        ({"task": "key_estimation", "metrics": ["r2_score"]}, "r2 does not fit key_estimation"),
        ({"task": "key_estimation", "probes": [{"output_activation": "linear"}]}, "linear does not fit"),
        ({"task": {"name": "tempo_estimation", "type": "multiclass"}}, "tempo_estimation is regression"),
        ({"task": {"name": "mood", "type": "regresion"}}, "possible are .*regression"),
    ],
)
def test_what_does_not_fit_is_refused_by_name(known, changes, said):
    with pytest.raises(SoundcheckError, match=said):
        config_of(known, **changes)
