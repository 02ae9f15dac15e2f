import csv

import numpy as np
import pyarrow as pa
import pytest
import sklearn.metrics

from soundcheck import parquet
from soundcheck.probing import items
from soundcheck.probing.mlp import model as mlp
from soundcheck.probing.predicting import tracks as predicting
from soundcheck.scoring import labels
from soundcheck.scoring.bootstrap import percentile_interval, resample_counts
from soundcheck.scoring.scores import scores_from_predictions
from soundcheck.scoring.table import write_scores
from soundcheck.seeds import seed_for
from soundcheck.tasks import TASK_TYPES

IDS = {
    "dataset": "music",
    "task": "instrument",
    "split": "all",
    "deformation": "clean",
    "embedder": "mfcc",
    "probe": "M1",
}
CLASSES = ["cello", "lip_trill", "trill"]
MULTICLASS = ["accuracy", "f1_micro", "f1_macro", "confusion"]
TAGGING = ["roc_auc", "average_precision"]


def _files(tmp_path, n=90, folds=(0,), task_type="multiclass", dropped=(), seeds=(0, 1, 2), rare=False):
    """Embeddings whose first three values hint at the class, a split, and linear models that look at them."""
    generator = np.random.default_rng(0)
    truth = generator.random((n, 3)) < 0.4 if task_type == "multilabel" else np.eye(3, dtype=bool)[np.arange(n) % 3]
    if rare:
        truth[:, 1] = False
    X = (truth @ np.eye(3, 5) + generator.normal(size=(n, 5))).astype(np.float32)
    ids = [f"track{i:03}" for i in range(n)]
    kept = [i for i in range(n) if ids[i] not in dropped]
    table = pa.table(
        {
            "track_id": [ids[i] for i in kept],
            "time_s": pa.nulls(len(kept), pa.float64()),
            "embedding": items.list_column(X[kept]),
        }
    )
    parquet.write(table, tmp_path / "embeddings.parquet", {"dimension": 5})
    n_folds = len(folds)
    rows = [
        (i, fold, "test" if n_folds == 1 or i % n_folds == place else "train")
        for place, fold in enumerate(folds)
        for i in range(n)
    ]
    split = pa.table(
        {
            "track_id": [ids[i] for i, *_ in rows],
            "fold": pa.array([fold for _, fold, _ in rows], pa.int32()),
            "part": [part for *_, part in rows],
            "label": pa.array(
                [[c for c, has in zip(CLASSES, truth[i], strict=True) if has] for i, *_ in rows], pa.list_(pa.string())
            ),
        }
    )
    parquet.write(split, tmp_path / "split.parquet", {"classes": CLASSES, "task_type": task_type})
    activation = "softmax" if task_type == "multiclass" else "sigmoid"
    models = {
        fold: mlp.Model(
            seeds=list(seeds),
            classes=CLASSES,
            mean=np.zeros(5, np.float32),
            scale=np.ones(5, np.float32),
            components=None,
            kernels=[(np.eye(5, 3) + 0.7 * generator.normal(size=(len(seeds), 5, 3))).astype(np.float32)],
            biases=[np.zeros((len(seeds), 3), np.float32)],
            output_activation=activation,
        )
        for fold in folds
    }
    mlp.save(models, tmp_path / "model.npz")
    return truth


def _score(tmp_path, names, n_resamples=50, seed=0, ids=IDS):
    paths = (tmp_path / name for name in ("embeddings.parquet", "split.parquet", "model.npz"))
    table, metadata = predicting.predictions(*paths, ids, "mlp")
    return table, metadata, scores_from_predictions(table, metadata, names, n_resamples, seed)


def _one(rows, **wanted):
    wanted = {"label": None, "predicted": None} | wanted
    found = [row for row in rows if all(row[name] == value for name, value in wanted.items())]
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("n", [1, 3, 99, 100, 101, 257])
def test_every_test_item_is_evaluated_by_every_seed(tmp_path, n):
    _files(tmp_path, n=n)
    table, _, rows = _score(tmp_path, ["accuracy"])
    assert table.num_rows == 3 * n
    assert {row["n"] for row in rows} == {n}


def test_predictions_hold_truth_and_scores_of_each_fold_seed_and_track(tmp_path):
    _files(tmp_path, folds=(0, 1, 4))
    table, metadata, _ = _score(tmp_path, ["accuracy"])
    assert table.schema.names == ["track_id", "fold", "seed", "label", "score"]
    assert table.schema.field("fold").type == pa.int32()
    assert table.schema.field("seed").type == pa.int64()
    assert table.schema.field("label").type == pa.list_(pa.string())
    assert table.schema.field("score").type == pa.list_(pa.float32(), 3)
    keys = list(zip(*(table[name].to_pylist() for name in ("fold", "seed", "track_id")), strict=True))
    assert keys == sorted(set(keys))
    assert {key: metadata[key] for key in IDS} == IDS
    assert (metadata["classes"], metadata["task_type"]) == (CLASSES, "multiclass")


def test_k_folds_give_k_results_and_their_mean(tmp_path):
    _files(tmp_path, folds=(0, 1, 2))
    table, _, rows = _score(tmp_path, ["accuracy"])
    truth = np.array([CLASSES.index(label[0]) for label in table["label"].to_pylist()])
    predicted = np.array(table["score"].to_pylist()).argmax(axis=1)
    fold, seed = table["fold"].to_numpy(), table["seed"].to_numpy()
    values = np.array([[((truth == predicted)[(fold == f) & (seed == s)]).mean() for s in range(3)] for f in range(3)])
    for f in range(3):
        for s in range(3):
            row = _one(rows, fold=f, seed=s)
            assert (row["value"], row["n"]) == (values[f, s], 30)
            assert (row["low"], row["high"], row["seed_std"]) == (None, None, None)
    mean = _one(rows, fold="mean", seed="mean")
    assert mean["value"] == pytest.approx(values.mean())
    assert mean["seed_std"] == pytest.approx(values.mean(axis=0).std(ddof=1))
    assert mean["n"] == 90
    assert mean["low"] < mean["value"] < mean["high"]


def test_the_interval_is_that_of_the_mean_over_folds_and_seeds_on_the_same_resamples(tmp_path):
    _files(tmp_path, folds=(0, 1))
    table, _, rows = _score(tmp_path, ["accuracy"], n_resamples=40, seed=5)
    truth = np.array([CLASSES.index(label[0]) for label in table["label"].to_pylist()])
    correct = truth == np.array(table["score"].to_pylist()).argmax(axis=1)
    values = []
    for fold in (0, 1):
        counts = resample_counts(45, 40, seed_for(5, "music", "instrument", "all", fold))
        for seed in range(3):
            of_both = (table["fold"].to_numpy() == fold) & (table["seed"].to_numpy() == seed)
            values.append(counts @ correct[of_both] / 45)
    low, high = percentile_interval(np.mean(values, axis=0))
    mean = _one(rows, fold="mean", seed="mean")
    assert (mean["low"], mean["high"]) == (pytest.approx(low), pytest.approx(high))


def test_with_one_seed_there_is_no_deviation_over_seeds(tmp_path):
    _files(tmp_path, seeds=(7,))
    rows = _score(tmp_path, ["accuracy"])[2]
    assert _one(rows, fold="mean")["seed_std"] is None
    assert _one(rows, fold=0)["seed"] == 7


def test_per_label_rows_carry_names_and_equal_scikit_learn_s(tmp_path):
    truth = _files(tmp_path, task_type="multilabel", seeds=(0,))
    table, _, rows = _score(tmp_path, TAGGING)
    scores = np.array(table["score"].to_pylist())
    for name, reference in zip(
        TAGGING, (sklearn.metrics.roc_auc_score, sklearn.metrics.average_precision_score), strict=True
    ):
        expected = reference(truth, scores, average=None)
        for i, label in enumerate(CLASSES):
            row = _one(rows, metric=name, label=label)
            assert row["value"] == pytest.approx(expected[i])
            assert row["low"] < row["value"] < row["high"]
            assert row["n"] == truth[:, i].sum()
        assert _one(rows, metric=name, fold="mean")["value"] == pytest.approx(expected.mean())


def test_a_label_without_positives_shows_as_left_out(tmp_path):
    _files(tmp_path, task_type="multilabel", rare=True)
    rows = _score(tmp_path, TAGGING)[2]
    row = _one(rows, metric="roc_auc", label="lip_trill")
    assert (row["value"], row["low"], row["high"], row["n"]) == (None, None, None, 0)
    others = [_one(rows, metric="roc_auc", label=label)["value"] for label in ("cello", "trill")]
    assert _one(rows, metric="roc_auc", fold="mean")["value"] == pytest.approx(np.mean(others))


def test_the_confusion_rows_are_counts_by_class_names(tmp_path):
    _files(tmp_path, folds=(0, 1))
    table, _, rows = _score(tmp_path, ["confusion"])
    truth = [label[0] for label in table["label"].to_pylist()]
    predicted = [CLASSES[i] for i in np.array(table["score"].to_pylist()).argmax(axis=1)]
    expected = sklearn.metrics.confusion_matrix(truth, predicted, labels=CLASSES) / 3
    assert all(row["value"] > 0 and row["low"] is None and row["fold"] == row["seed"] == "mean" for row in rows)
    assert {row["n"] for row in rows} == {30}
    for i, true in enumerate(CLASSES):
        for j, guess in enumerate(CLASSES):
            found = [row["value"] for row in rows if (row["label"], row["predicted"]) == (true, guess)]
            assert sum(found) == pytest.approx(expected[i, j])


def test_items_without_an_embedding_are_not_scored_and_are_named(tmp_path):
    _files(tmp_path, dropped={"track004", "track050"})
    table, metadata, rows = _score(tmp_path, ["accuracy"])
    assert metadata["not_evaluated"] == {"0": ["track004", "track050"]}
    assert _one(rows, fold="mean")["n"] == 88
    assert "track004" not in table["track_id"].to_pylist()


def test_without_test_items_nothing_is_scored(tmp_path):
    _files(tmp_path, n=3, dropped={"track000", "track001", "track002"})
    with pytest.raises(ValueError, match=r"fold 0 .* 3 test items, none with an embedding"):
        _score(tmp_path, ["accuracy"])


def test_a_fold_without_a_model_is_an_error(tmp_path):
    _files(tmp_path, folds=(0, 1))
    models = mlp.load(tmp_path / "model.npz")
    mlp.save({0: models[0]}, tmp_path / "model.npz")
    with pytest.raises(ValueError, match="no model of fold 1"):
        _score(tmp_path, ["accuracy"])


@pytest.mark.parametrize("names", [["trillo"], [], ["cello", "trill"]])
def test_a_test_item_without_exactly_one_trained_class_is_an_error(names):
    with pytest.raises(ValueError, match=r"item 1 is labelled .* not with one of the classes"):
        labels.indicators([["cello"], names], CLASSES, TASK_TYPES["multiclass"])


def test_labels_as_arrays_are_which_item_has_which_class_or_the_numbers():
    tags = labels.indicators([["trill", "other", "cello"], [], ["lip_trill"]], CLASSES, TASK_TYPES["multilabel"])
    assert tags.tolist() == [[True, False, True], [False, False, False], [False, True, False]]
    numbers = labels.indicators([["0.1", "-2"], ["1e3", "4"]], ["bpm", "level"], TASK_TYPES["regression"])
    assert numbers.tolist() == [[0.1, -2.0], [1000.0, 4.0]]
    assert labels.indicators([], CLASSES, TASK_TYPES["regression"]).shape == (0, 3)


def test_embeddings_that_are_not_finite_never_reach_a_score(tmp_path):
    _files(tmp_path)
    table = parquet.read(tmp_path / "embeddings.parquet")
    values = np.array(table["embedding"].to_pylist(), np.float32)
    values[7, 0] = np.nan
    parquet.write(table.set_column(2, "embedding", items.list_column(values)), tmp_path / "embeddings.parquet")
    with pytest.raises(ValueError, match="track007"):
        _score(tmp_path, ["accuracy"])


@pytest.mark.parametrize(("task_type", "names"), [("multiclass", MULTICLASS), ("multilabel", TAGGING)])
def test_every_number_is_recomputed_from_the_predictions_file(tmp_path, task_type, names):
    _files(tmp_path, folds=(0, 1), task_type=task_type, dropped={"track009"})
    table, metadata, rows = _score(tmp_path, names)
    path = tmp_path / "predictions.parquet"
    parquet.write(table, path, metadata)
    again = scores_from_predictions(parquet.read(path), parquet.metadata(path), names, 50, 0)
    assert again == rows


def test_two_runs_write_equal_files(tmp_path):
    _files(tmp_path, folds=(0, 1))
    for run in ("first", "second"):
        table, metadata, rows = _score(tmp_path, MULTICLASS)
        parquet.write(table, tmp_path / run / "predictions.parquet", metadata)
        write_scores(rows, tmp_path / run / "scores.csv")
    for name in ("predictions.parquet", "scores.csv"):
        assert (tmp_path / "first" / name).read_bytes() == (tmp_path / "second" / name).read_bytes()


def test_the_file_has_the_columns_and_reads_back_exactly(tmp_path):
    _files(tmp_path)
    rows = _score(tmp_path, MULTICLASS)[2]
    write_scores(rows, tmp_path / "scores.csv")
    with open(tmp_path / "scores.csv") as file:
        read = list(csv.DictReader(file))
    assert ",".join(read[0]) == (
        "dataset,task,split,deformation,embedder,probe,metric,label,predicted,fold,seed,value,low,high,seed_std,n"
    )
    assert [float(row["value"]) for row in read] == [row["value"] for row in rows]
    assert {row["embedder"] for row in read} == {"mfcc"}
    assert all(row["low"] == "" for row in read if row["seed"] != "mean")


def test_embedders_and_conditions_share_their_resamples(tmp_path):
    """An embedder that is the same on the evaluated items gets the same interval under another name."""
    _files(tmp_path)
    first = _one(_score(tmp_path, ["accuracy"])[2], fold="mean")
    ids = IDS | {"embedder": "crepe", "probe": "M5", "deformation": "D1"}
    second = _one(_score(tmp_path, ["accuracy"], ids=ids)[2], fold="mean")
    other = _one(_score(tmp_path, ["accuracy"], ids=IDS | {"split": "single"})[2], fold="mean")
    assert (first["low"], first["high"]) == (second["low"], second["high"])
    assert (first["low"], first["high"]) != (other["low"], other["high"])


def test_scores_of_a_track_are_the_mean_over_its_frames(tmp_path):
    _files(tmp_path, n=30)
    whole = parquet.read(tmp_path / "embeddings.parquet")
    metadata = parquet.metadata(tmp_path / "embeddings.parquet")
    values = np.stack(whole["embedding"].to_pylist()).astype(np.float32)
    frames, track_ids = [], []
    for place, track_id in enumerate(whole["track_id"].to_pylist()):
        for frame in range(1 + place % 4):
            track_ids.append(track_id)
            frames.append(values[place] * (1 + frame))
    frames = np.stack(frames).astype(np.float32)
    table = pa.table(
        {
            "track_id": track_ids,
            "time_s": pa.nulls(len(track_ids), pa.float64()),
            "embedding": items.list_column(frames),
        }
    )
    parquet.write(table, tmp_path / "embeddings.parquet", metadata)
    model = mlp.load(tmp_path / "model.npz")[0]
    expected = mlp.predict(model, frames).astype(np.float64)
    predicted, _ = predicting.predictions(
        tmp_path / "embeddings.parquet", tmp_path / "split.parquet", tmp_path / "model.npz", IDS, "mlp"
    )
    assert predicted.num_rows == 3 * 30
    for row in predicted.to_pylist():
        own = [place for place, track_id in enumerate(track_ids) if track_id == row["track_id"]]
        np.testing.assert_allclose(row["score"], expected[row["seed"], own].mean(axis=0), atol=1e-6)


def test_rows_of_a_track_that_are_torn_apart_are_an_error(tmp_path):
    _files(tmp_path, n=9)
    table = parquet.read(tmp_path / "embeddings.parquet")
    parquet.write(pa.concat_tables([table, table.slice(0, 1)]), tmp_path / "embeddings.parquet", {"dimension": 5})
    with pytest.raises(ValueError, match="do not follow each other"):
        _score(tmp_path, ["accuracy"])
