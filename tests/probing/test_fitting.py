import csv

import numpy as np
import pytest
from example_probe import CLASSES, PARAMETERS, items_of_three_classes

from soundcheck.probing.mlp import model as mlp


def _write_files(tmp_path, n_folds=2, dropped=(), of_test=None):
    import pyarrow as pa

    from soundcheck import parquet
    from soundcheck.probing import items

    X, y, _, _ = items_of_three_classes(n=60)
    if of_test is not None:
        X[4::5], y[4::5] = of_test
    ids = [f"track{i:02}" for i in range(60)]
    kept = [i for i in range(60) if ids[i] not in dropped]
    embeddings = pa.table(
        {
            "track_id": [ids[i] for i in kept],
            "time_s": pa.nulls(len(kept), pa.float64()),
            "embedding": items.list_column(X[kept]),
        }
    )
    parquet.write(embeddings, tmp_path / "embeddings.parquet", {"dimension": 13})
    parts = ["train"] * 3 + ["validation", "test"]
    rows = [(i, fold, parts[(i + fold) % 5], [CLASSES[y[i].argmax()]]) for fold in range(n_folds) for i in range(60)]
    split = pa.table(
        {
            "track_id": [ids[i] for i, *_ in rows],
            "fold": pa.array([fold for _, fold, *_ in rows], pa.int32()),
            "part": [part for _, _, part, _ in rows],
            "label": pa.array([label for *_, label in rows], pa.list_(pa.string())),
        }
    )
    metadata = {"dataset": "d", "task": "t", "split": "all", "classes": CLASSES, "task_type": "multiclass"}
    parquet.write(split, tmp_path / "split.parquet", metadata)


def _fit_files(tmp_path, out="out"):
    from soundcheck.probing.fitting import fit_probe

    paths = (tmp_path / out / name for name in ("model.npz", "history.csv"))
    return fit_probe(tmp_path / "embeddings.parquet", tmp_path / "split.parquet", PARAMETERS, *paths)


def test_each_fold_has_its_own_model_in_one_file_and_two_runs_give_equal_files(tmp_path):
    _write_files(tmp_path)
    models = _fit_files(tmp_path)
    assert list(models) == [0, 1]
    assert not np.array_equal(models[0].mean, models[1].mean)
    assert list(mlp.load(tmp_path / "out" / "model.npz")) == [0, 1]
    _fit_files(tmp_path, "again")
    for name in ("model.npz", "history.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    with open(tmp_path / "out" / "history.csv") as file:
        rows = list(csv.DictReader(file))
    assert {(row["fold"], row["seed"]) for row in rows} == {(f, s) for f in "01" for s in "012"}


def test_nothing_of_the_test_items_reaches_a_model_and_what_was_chosen_is_recorded(tmp_path):
    _write_files(tmp_path, n_folds=1)
    facts = _fit_files(tmp_path)[0].facts
    _write_files(tmp_path, n_folds=1, of_test=(1e3, [0, 0, 1]))
    _fit_files(tmp_path, "again")
    for name in ("model.npz", "history.csv"):
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "again" / name).read_bytes()
    recorded = {key: facts[key] for key in ("save_criterion", "standardize", "hidden_sizes")}
    assert recorded == {"save_criterion": "loss", "standardize": True, "hidden_sizes": [16]}


def test_tracks_without_an_embedding_are_left_out_counted_and_logged(tmp_path, caplog):
    _write_files(tmp_path, n_folds=1, dropped={"track00", "track03", "track04"})
    models = _fit_files(tmp_path)
    assert models[0].facts["n_train"] == 35
    assert models[0].facts["n_validation"] == 11
    assert models[0].facts["n_without_embedding"] == 2
    assert "2 tracks of the split have no embedding" in caplog.text


def test_a_fold_that_cannot_be_trained_is_named(tmp_path):
    _write_files(tmp_path, n_folds=1, dropped={f"track{i:02}" for i in range(3, 60, 5)})
    with pytest.raises(ValueError, match=r"fold 0 .*no validation items"):
        _fit_files(tmp_path)
