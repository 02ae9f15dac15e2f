import csv

import numpy as np
import pytest
import torch

from soundcheck.probes import mlp, training

PARAMETERS = {
    "kind": "mlp",
    "hidden_units": [16],
    "output_activation": "softmax",
    "weight_decay": 1e-4,
    "optimizer": "adam",
    "learning_rate": 1e-2,
    "batch_size": 32,
    "epochs": 6,
    "patience": 10,
    "standardize": True,
    "emb_dim_reduction": "none",
    "pca_components": None,
    "save_criterion": "loss",
    "seeds": [0, 1, 2],
}
CLASSES = ["a", "b", "c"]


def _data(n=110, n_val=40, dim=13, seed=0, noise=2.0):
    generator = np.random.default_rng(seed)
    truth = generator.integers(3, size=n + n_val)
    centres = generator.normal(size=(3, dim))
    X = (centres[truth] + noise * generator.normal(size=(n + n_val, dim))).astype(np.float32)
    y = np.eye(3, dtype=np.float32)[truth]
    return X[:n], y[:n], X[n:], y[n:]


def _fit(data=None, task_type="multiclass", **changes):
    return training.fit(*(data or _data()), CLASSES, task_type, PARAMETERS | changes)


def _weights(model):
    return [*model.kernels, *model.biases]


def _equal(model, other):
    return all(np.array_equal(a, b) for a, b in zip(_weights(model), _weights(other), strict=True))


TAGGING = {"task_type": "multilabel", "output_activation": "sigmoid"}


@pytest.mark.parametrize("settings", [{}, TAGGING, {"hidden_units": []}, {"hidden_units": ["infer", "infer"]}])
def test_two_runs_are_equal_to_the_last_bit(settings):
    (model, history), (other, other_history) = _fit(**settings), _fit(**settings)
    assert _equal(model, other)
    assert history == other_history


@pytest.mark.parametrize("settings", [{}, TAGGING, {"hidden_units": []}, {"hidden_units": [7, 5]}, {"patience": 1}])
def test_a_seed_s_result_does_not_depend_on_the_seeds_beside_it(settings):
    data = _data(n=211, dim=21)
    settings = settings | {"epochs": 25}
    together, history = _fit(data, seeds=[4, 0, 9, 1, 2], **settings)
    for place, seed in ((0, 4), (2, 9), (4, 2)):
        alone, own_history = _fit(data, seeds=[seed], **settings)
        assert all(np.array_equal(a[place], b[0]) for a, b in zip(_weights(together), _weights(alone), strict=True))
        assert [row for row in history if row["seed"] == seed] == own_history


def test_stacking_seeds_changes_nothing(monkeypatch):
    stacked, _ = _fit()
    monkeypatch.setattr(training, "_STACKED_PARAMETERS", 1)
    assert _equal(stacked, _fit()[0])


@pytest.mark.parametrize("settings", [{}, TAGGING, {"hidden_units": ["infer", "infer"], "patience": 1}])
def test_the_number_of_threads_changes_nothing(settings):
    arguments = (*_data(n=211, dim=21), CLASSES, settings.get("task_type", "multiclass"))
    parameters = PARAMETERS | {key: value for key, value in settings.items() if key != "task_type"} | {"epochs": 20}
    (model, history), (other, other_history) = (
        training.fit(*arguments, parameters, threads=threads) for threads in (1, 3)
    )
    assert _equal(model, other)
    assert history == other_history


def test_seeds_differ():
    model, _ = _fit()
    assert not np.array_equal(model.kernels[0][0], model.kernels[0][1])


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_one_step_is_that_of_autograd_with_the_penalty_on_kernels_and_biases(activation):
    """Against torch's own network, losses and optimiser, over two epochs of one batch each."""
    X, y, X_val, y_val = _data(n=50)
    parameters = {"hidden_units": [8, 6], "output_activation": activation, "batch_size": 50, "seeds": [3], "epochs": 2}
    model, history = _fit((X, y, X_val, y_val), weight_decay=0.01, **parameters)
    X, X_val = (torch.from_numpy((part - model.mean) / model.scale) for part in (X, X_val))
    y, y_val = torch.from_numpy(y), torch.from_numpy(y_val)
    shapes = training._shapes([13, 8, 6, 3])
    weights = [
        part[0].clone().requires_grad_() for part in training._views(training._initialised(3, shapes)[None], shapes)
    ]
    optimizer = torch.optim.Adam(weights, lr=1e-2, eps=1e-7)

    def losses(X, y):
        logits = (((X @ weights[0] + weights[1]).relu() @ weights[2] + weights[3]).relu()) @ weights[4] + weights[5]
        if activation == "softmax":
            data_loss = torch.nn.functional.cross_entropy(logits, y)
        else:
            data_loss = torch.nn.functional.binary_cross_entropy_with_logits(logits, y)
        return data_loss, 0.01 * sum(w.square().sum() for w in weights)

    for row in history:
        optimizer.zero_grad()
        data_loss, penalty = losses(X, y)
        (data_loss + penalty).backward()
        optimizer.step()
        with torch.no_grad():
            assert row["val_loss"] == pytest.approx(float(sum(losses(X_val, y_val))), rel=1e-4)
            assert row["train_loss"] == pytest.approx(float(data_loss + losses(X, y)[1]), rel=1e-4)
    assert model.facts["best_epoch"] == [2]
    for i in range(3):
        np.testing.assert_allclose(model.kernels[i][0], weights[2 * i].detach(), rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(model.biases[i][0], weights[2 * i + 1].detach()[0], rtol=1e-3, atol=1e-5)


def test_kernels_start_glorot_uniform_and_biases_at_zero():
    shapes = training._shapes([200, 100, 10])
    views = training._views(training._initialised(0, shapes)[None], shapes)
    limit = np.sqrt(6 / 300)
    assert float(views[0].abs().max()) == pytest.approx(limit, rel=1e-3)
    assert float(views[0].std()) == pytest.approx(limit / np.sqrt(3), rel=0.02)
    assert not views[1].any()
    assert not views[3].any()


@pytest.mark.parametrize("batch_size", [1, 7, 50, 100, 109, 110, 111, 500])
def test_an_epoch_takes_every_item_once_for_any_batch_size(batch_size):
    batches = training._batches([torch.Generator().manual_seed(0)], 110, batch_size, "cpu")
    assert sorted(torch.cat(batches).tolist()) == list(range(110))


def test_a_last_smaller_batch_trains(monkeypatch):
    """Weights after one epoch are others when the last, partial batch's labels are changed."""
    X, y, X_val, y_val = _data(n=33)
    order = torch.cat(training._batches([torch.Generator().manual_seed(training.seed_for(0, "order"))], 33, 32, "cpu"))
    changed = y.copy()
    changed[int(order[-1])] = np.roll(y[int(order[-1])], 1)
    first, _ = _fit((X, y, X_val, y_val), epochs=1, seeds=[0])
    second, _ = _fit((X, changed, X_val, y_val), epochs=1, seeds=[0])
    assert not _equal(first, second)


def test_the_order_differs_between_epochs_and_seeds():
    generators = [torch.Generator().manual_seed(seed) for seed in (0, 1)]
    first, second = (training._batches(generators, 50, 50, "cpu")[0].view(2, 50).tolist() for _ in range(2))
    assert first[0] != second[0]
    assert first[0] != first[1]


@pytest.mark.parametrize("criterion", ["loss", "accuracy", "f1_macro"])
def test_the_restored_epoch_is_the_best_one_of_a_run_that_overfits(criterion):
    data = _data(n=40, n_val=200, dim=30, noise=3.0)
    settings = {"hidden_units": [64], "save_criterion": criterion, "weight_decay": 0.0}
    model, history = _fit(data, epochs=40, patience=100, **settings)
    losses = [row["val_loss"] for row in history if row["seed"] == 0]
    assert losses[-1] > 1.1 * min(losses)
    for place, seed in enumerate(model.seeds):
        rows = [row for row in history if row["seed"] == seed]
        values = [row[f"val_{criterion}"] * (-1 if criterion == "loss" else 1) for row in rows]
        best = values.index(max(values)) + 1
        assert model.facts["best_epoch"][place] == best < 40
        assert [row["epoch"] for row in rows if row["best"]] == [best]
        short, _ = _fit(data, epochs=best, patience=100, seeds=[seed], **settings)
        assert np.array_equal(model.kernels[0][place], short.kernels[0][0])
    scores = mlp.predict(model, data[2])[0]
    if criterion == "accuracy":
        assert np.mean(scores.argmax(1) == data[3].argmax(1)) == pytest.approx(model.facts["best_value"][0])


def test_training_stops_when_the_validation_loss_has_not_fallen_for_the_patience():
    data = _data(n=40, n_val=200, dim=30, noise=3.0)
    _, history = _fit(data, hidden_units=[64], epochs=200, patience=4)
    for seed in (0, 1, 2):
        losses = [row["val_loss"] for row in history if row["seed"] == seed]
        assert len(losses) < 200
        assert len(losses) == losses.index(min(losses)) + 1 + 4


def test_standardisation_is_fitted_on_the_training_items_alone():
    X, y, X_val, y_val = _data()
    model, _ = _fit((X, y, X_val + 100, y_val))
    np.testing.assert_allclose(model.mean, X.mean(axis=0), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.scale, X.std(axis=0), rtol=1e-4)
    assert model.facts["standardize"] is True


def test_without_standardisation_the_input_stays_as_it_is():
    model, _ = _fit(standardize=False)
    assert not model.mean.any()
    assert np.array_equal(model.scale, np.ones(13))
    assert model.facts["standardize"] is False


def test_standardised_probes_do_not_see_the_scale_of_a_feature():
    X, y, X_val, y_val = _data()
    scale = np.float32(2.0) ** np.arange(-6, 7)
    model, _ = _fit((X, y, X_val, y_val))
    scaled, _ = _fit((X * scale, y, X_val * scale, y_val))
    np.testing.assert_allclose(mlp.predict(model, X_val), mlp.predict(scaled, X_val * scale), atol=1e-4)


def test_a_feature_that_does_not_vary_is_harmless():
    X, y, X_val, y_val = _data()
    X[:, 3], X_val[:, 3] = 0.1, 0.1
    model, history = _fit((X, y, X_val, y_val))
    assert model.scale[3] == 1
    assert all(np.isfinite(row["val_loss"]) for row in history)


@pytest.mark.parametrize(("wanted", "count"), [(4, 4), (13, 13), (None, None), (0.5, None)])
def test_pca_keeps_the_axes_of_most_variance_of_the_training_items(wanted, count):
    data = _data()
    model, _ = _fit(data, emb_dim_reduction="PCA", pca_components=wanted)
    X = (data[0] - model.mean) / model.scale
    variances = np.linalg.eigvalsh(np.cov(X.T))[::-1]
    projected = X @ model.components.T
    np.testing.assert_allclose(projected.var(axis=0, ddof=1), variances[: len(model.components)], rtol=1e-3)
    shares = np.cumsum(variances) / variances.sum()
    expected = count or int(np.argmax(shares >= (wanted or 0.95))) + 1
    assert model.components.shape == (expected, 13)
    assert model.facts["input_size"] == expected
    assert (model.components[np.arange(expected), np.abs(model.components).argmax(1)] > 0).all()


def test_pca_without_standardisation_centres():
    data = _data()
    model, _ = _fit(data, emb_dim_reduction="PCA", pca_components=3, standardize=False)
    np.testing.assert_allclose(model.mean, data[0].mean(axis=0), rtol=1e-4, atol=1e-5)
    assert np.array_equal(model.scale, np.ones(13))


@pytest.mark.parametrize("wanted", [0, 14, 1.5, -0.2])
def test_an_impossible_number_of_components_is_refused(wanted):
    with pytest.raises(ValueError, match="pca_components"):
        _fit(emb_dim_reduction="PCA", pca_components=wanted)


def test_the_criterion_of_tagging_can_be_the_area_under_the_curve():
    generator = np.random.default_rng(0)
    X = generator.normal(size=(120, 13)).astype(np.float32)
    y = (X[:, :3] + generator.normal(size=(120, 3)) > 1).astype(np.float32)
    model, history = _fit((X[:80], y[:80], X[80:], y[80:]), save_criterion="roc_auc", epochs=20, **TAGGING)
    assert model.facts["best_value"][0] == max(row["val_roc_auc"] for row in history if row["seed"] == 0) > 0.7


def _broken(part, change):
    data = list(_data())
    data[part] = change(data[part])
    return data


def _with_nan(X):
    X[5, 2] = np.nan
    return X


def test_data_that_cannot_be_trained_on_are_named():
    X, y, X_val, y_val = _data()
    with pytest.raises(ValueError, match="no training items"):
        _fit((X[:0], y[:0], X_val, y_val))
    with pytest.raises(ValueError, match="no validation items"):
        _fit((X, y, X_val[:0], y_val[:0]))
    with pytest.raises(ValueError, match=r"1 training embeddings .* not finite, first at row 5"):
        _fit(_broken(0, _with_nan))
    with pytest.raises(ValueError, match="1 validation embeddings"):
        _fit(_broken(2, _with_nan))
    with pytest.raises(ValueError, match="more classes"):
        training.fit(X, y[:, :1], X_val, y_val[:, :1], ["a"], "multiclass", PARAMETERS)
    with pytest.raises(ValueError, match="sigmoid"):
        _fit(task_type="multilabel")


def test_divergence_is_an_error_not_a_result():
    with pytest.raises(ValueError, match="diverged"):
        _fit(learning_rate=1e30, save_criterion="loss")


def _write_files(tmp_path, n_folds=2, dropped=(), of_test=None):
    import pyarrow as pa

    from soundcheck import parquet
    from soundcheck.probes import items

    X, y, _, _ = _data(n=60)
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
    from soundcheck.fitting import fit_probe

    paths = (tmp_path / out / name for name in ("model.npz", "history.csv", "tensorboard"))
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
