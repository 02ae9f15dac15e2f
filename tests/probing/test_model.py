import itertools

import numpy as np
import pytest
from rounding import assert_same_to_rounding

from soundcheck.probing.mlp import model as mlp


def _model(seeds=(0, 1), dim=37, sizes=(20, 7), activation="softmax", components=None, generator=0) -> mlp.Model:
    generator = np.random.default_rng(generator)
    widths = [dim if components is None else len(components), *sizes]
    pairs = list(itertools.pairwise(widths))
    return mlp.Model(
        seeds=list(seeds),
        classes=[f"class {i}" for i in range(sizes[-1])],
        mean=generator.normal(size=dim).astype(np.float32),
        scale=generator.uniform(0.5, 2, dim).astype(np.float32),
        components=components,
        kernels=[generator.normal(size=(len(seeds), i, o)).astype(np.float32) for i, o in pairs],
        biases=[generator.normal(size=(len(seeds), o)).astype(np.float32) for _, o in pairs],
        output_activation=activation,
        facts={"hidden_sizes": list(sizes[:-1]), "best_epoch": [3, 4]},
    )


def test_infer_interpolates_between_embedding_and_output():
    assert mlp.hidden_sizes(["infer"], 1280, 50) == [666]
    assert mlp.hidden_sizes(["infer", "infer"], 1280, 50) == [870, 460]


@pytest.mark.parametrize("n", [1, 2, 3, 5])
@pytest.mark.parametrize(("dim", "n_classes"), [(1280, 50), (128, 3), (768, 24), (13, 2)])
@pytest.mark.parametrize("name", ["infer", "power_infer"])
def test_inferred_sizes_are_even_and_fall_from_the_embedding_to_the_output(name, dim, n_classes, n):
    sizes = mlp.hidden_sizes([name] * n, dim, n_classes)
    assert all(size % 2 == 0 for size in sizes)
    assert sorted(sizes, reverse=True) == sizes
    assert dim + 1 >= sizes[0]
    assert sizes[-1] >= n_classes


def test_power_infer_follows_its_curve():
    assert mlp.hidden_sizes(["power_infer", "power_infer"], 1280, 50) == [598, 188]


def test_sizes_can_be_mixed_and_depend_on_this_embedding_alone():
    units = [256, "infer"]
    first, other = mlp.hidden_sizes(units, 1280, 50), mlp.hidden_sizes(units, 128, 10)
    assert (first, other) == ([256, 460], [256, 50])
    assert mlp.hidden_sizes(units, 1280, 50) == first
    assert units == [256, "infer"]


@pytest.mark.parametrize("unit", ["infr", 0, -3, 2.5, True])
def test_an_impossible_size_is_refused(unit):
    with pytest.raises(ValueError, match="hidden_units"):
        mlp.hidden_sizes([unit], 10, 2)


@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_scores_are_those_of_the_formula(activation):
    model = _model(activation=activation)
    X = np.random.default_rng(1).normal(size=(30, 37)).astype(np.float32)
    hidden = np.maximum(
        ((X - model.mean) / model.scale).astype(np.float64) @ model.kernels[0][1] + model.biases[0][1], 0
    )
    logits = hidden @ model.kernels[1][1] + model.biases[1][1]
    exponentials = np.exp(logits)
    expected = {
        "softmax": exponentials / exponentials.sum(axis=1, keepdims=True),
        "sigmoid": exponentials / (1 + exponentials),
    }[activation]
    scores = mlp.predict(model, X)
    assert scores.shape == (2, 30, 7)
    assert scores.dtype == np.float32
    np.testing.assert_allclose(scores[1], expected, rtol=2e-4, atol=1e-6)


@pytest.mark.rounding
@pytest.mark.parametrize("activation", ["softmax", "sigmoid"])
def test_an_item_s_scores_are_the_same_to_rounding_in_any_batch(activation):
    components = np.random.default_rng(3).normal(size=(11, 37)).astype(np.float32)
    model = _model(activation=activation, components=components)
    generator = np.random.default_rng(1)
    X = generator.normal(size=(600, 37)).astype(np.float32)
    whole = mlp.predict(model, X)
    order = generator.permutation(600)
    assert np.array_equal(mlp.predict(model, X), whole)
    assert_same_to_rounding(mlp.predict(model, X[order]), whole[:, order])
    for n in (1, 2, 37, 255, 256, 257):
        assert_same_to_rounding(mlp.predict(model, X[:n]), whole[:, :n])


def test_every_item_is_predicted_for_any_number_of_items():
    for n in (0, 1, 99, 256, 513):
        assert mlp.predict(_model(), np.zeros((n, 37), np.float32)).shape == (2, n, 7)


def test_extreme_logits_give_finite_scores():
    model = _model(activation="sigmoid")
    X = np.full((3, 37), 1e6, np.float32)
    assert np.isfinite(mlp.predict(model, X)).all()


def test_embeddings_of_another_size_are_refused():
    with pytest.raises(ValueError, match="37 values"):
        mlp.predict(_model(), np.zeros((5, 36), np.float32))


def test_models_of_all_folds_are_read_back_as_saved(tmp_path):
    components = np.random.default_rng(3).normal(size=(11, 37)).astype(np.float32)
    models = {0: _model(), 3: _model(activation="sigmoid", components=components, generator=5)}
    mlp.save(models, tmp_path / "model.npz")
    read = mlp.load(tmp_path / "model.npz")
    assert list(read) == [0, 3]
    X = np.random.default_rng(1).normal(size=(30, 37)).astype(np.float32)
    for fold, model in models.items():
        assert (read[fold].seeds, read[fold].classes, read[fold].facts) == (model.seeds, model.classes, model.facts)
        assert np.array_equal(mlp.predict(read[fold], X), mlp.predict(model, X))


def test_equal_models_give_equal_bytes_at_any_time(tmp_path, monkeypatch):
    mlp.save({0: _model()}, tmp_path / "first.npz")
    monkeypatch.setattr("time.time", lambda: 2e9)
    mlp.save({0: _model()}, tmp_path / "second.npz")
    assert (tmp_path / "first.npz").read_bytes() == (tmp_path / "second.npz").read_bytes()
