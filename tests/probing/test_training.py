import numpy as np
import pytest
import torch
from example_probe import CLASSES, PARAMETERS, fitted, items_of_three_classes

from soundcheck.probing.mlp import model as mlp
from soundcheck.probing.mlp import training


def _weights(model):
    return [*model.kernels, *model.biases]


def _equal(model, other):
    return all(np.array_equal(a, b) for a, b in zip(_weights(model), _weights(other), strict=True))


TAGGING = {"task_type": "multilabel", "output_activation": "sigmoid"}


@pytest.mark.rounding
@pytest.mark.parametrize("settings", [{}, TAGGING, {"hidden_units": []}, {"hidden_units": ["infer", "infer"]}])
def test_two_runs_are_equal_to_the_last_bit(settings):
    (model, history), (other, other_history) = fitted(**settings), fitted(**settings)
    assert _equal(model, other)
    assert history == other_history


@pytest.mark.rounding
@pytest.mark.parametrize("settings", [{}, TAGGING, {"hidden_units": []}, {"hidden_units": [7, 5]}, {"patience": 1}])
def test_a_seed_s_result_does_not_depend_on_the_seeds_beside_it(settings):
    data = items_of_three_classes(n=211, dim=21)
    settings = settings | {"epochs": 25}
    together, history = fitted(data, seeds=[4, 0, 9, 1, 2], **settings)
    for place, seed in ((0, 4), (2, 9), (4, 2)):
        alone, own_history = fitted(data, seeds=[seed], **settings)
        assert all(np.array_equal(a[place], b[0]) for a, b in zip(_weights(together), _weights(alone), strict=True))
        assert [row for row in history if row["seed"] == seed] == own_history


@pytest.mark.rounding
@pytest.mark.parametrize(
    ("n", "dim", "n_classes", "hidden_units"),
    [
        (331, 157, 7, [33]),
        (331, 157, 7, []),
        (331, 160, 7, []),
        (331, 64, 10, [33]),
        (300, 13, 4, [8]),
        (133, 1, 2, [3]),
    ],
)
@pytest.mark.parametrize("task_type", ["multiclass", "multilabel", "regression"])
def test_a_seed_s_place_in_the_stack_changes_nothing_where_sizes_fill_no_vector(
    n, dim, n_classes, hidden_units, task_type
):
    generator = np.random.default_rng(0)
    X, y = generator.normal(size=(n + 90, dim)), generator.normal(size=(n + 90, n_classes))
    if task_type != "regression":
        y = np.eye(n_classes)[y.argmax(axis=1)]
    activation = {"multiclass": "softmax", "multilabel": "sigmoid", "regression": "linear"}[task_type]
    changes = {"hidden_units": hidden_units, "output_activation": activation, "batch_size": 100}

    def weights(seeds, threads):
        parameters = PARAMETERS | changes | {"seeds": seeds}
        names = [str(number) for number in range(n_classes)]
        model, _ = training.fit(X[:n], y[:n], X[n:], y[n:], names, task_type, parameters, threads=threads)
        return [[part[place] for part in _weights(model)] for place in np.argsort(seeds)]

    together = weights([0, 1, 2, 3, 4], threads=1)
    for seeds, threads in (([0, 1, 2, 3, 4], 2), ([4, 2, 0, 1, 3], 1), ([0, 1, 2, 3, 4], 5)):
        for one, other in zip(weights(seeds, threads), together, strict=True):
            assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.rounding
@pytest.mark.parametrize("limit", ["_STACKED_PARAMETERS", "_STACKED_ACTIVATIONS"])
def test_stacking_seeds_changes_nothing(limit, monkeypatch):
    stacked, _ = fitted()
    monkeypatch.setattr(training, limit, 1)
    assert _equal(stacked, fitted()[0])


@pytest.mark.rounding
@pytest.mark.parametrize("settings", [{}, TAGGING, {"hidden_units": ["infer", "infer"], "patience": 1}])
def test_the_number_of_threads_changes_nothing(settings):
    arguments = (*items_of_three_classes(n=211, dim=21), CLASSES, settings.get("task_type", "multiclass"))
    parameters = PARAMETERS | {key: value for key, value in settings.items() if key != "task_type"} | {"epochs": 20}
    (model, history), (other, other_history) = (
        training.fit(*arguments, parameters, threads=threads) for threads in (1, 3)
    )
    assert _equal(model, other)
    assert history == other_history


def test_seeds_differ():
    model, _ = fitted()
    assert not np.array_equal(model.kernels[0][0], model.kernels[0][1])


@pytest.mark.parametrize("batch_size", [1, 7, 50, 100, 109, 110, 111, 500])
def test_an_epoch_takes_every_item_once_for_any_batch_size(batch_size):
    batches = training._batches([torch.Generator().manual_seed(0)], 110, batch_size, "cpu")
    assert sorted(torch.cat(batches, dim=1)[0].tolist()) == list(range(110))


def test_a_last_smaller_batch_trains(monkeypatch):
    """Weights after one epoch are others when the last, partial batch's labels are changed."""
    X, y, X_val, y_val = items_of_three_classes(n=33)
    generator = torch.Generator().manual_seed(training.seed_for(0, "order"))
    order = torch.cat(training._batches([generator], 33, 32, "cpu"), dim=1)[0]
    changed = y.copy()
    changed[int(order[-1])] = np.roll(y[int(order[-1])], 1)
    first, _ = fitted((X, y, X_val, y_val), epochs=1, seeds=[0])
    second, _ = fitted((X, changed, X_val, y_val), epochs=1, seeds=[0])
    assert not _equal(first, second)


def test_the_order_differs_between_epochs_and_seeds():
    generators = [torch.Generator().manual_seed(seed) for seed in (0, 1)]
    first, second = (training._batches(generators, 50, 50, "cpu")[0].tolist() for _ in range(2))
    assert first[0] != second[0]
    assert first[0] != first[1]


@pytest.mark.parametrize("criterion", ["loss", "accuracy", "f1_macro"])
def test_the_restored_epoch_is_the_best_one_of_a_run_that_overfits(criterion):
    data = items_of_three_classes(n=40, n_val=200, dim=30, noise=3.0)
    settings = {"hidden_units": [64], "save_criterion": criterion, "weight_decay": 0.0}
    model, history = fitted(data, epochs=40, patience=100, **settings)
    losses = [row["val_loss"] for row in history if row["seed"] == 0]
    assert losses[-1] > 1.1 * min(losses)
    for place, seed in enumerate(model.seeds):
        rows = [row for row in history if row["seed"] == seed]
        values = [row[f"val_{criterion}"] * (-1 if criterion == "loss" else 1) for row in rows]
        best = values.index(max(values)) + 1
        assert model.facts["best_epoch"][place] == best < 40
        assert [row["epoch"] for row in rows if row["best"]] == [best]
        short, _ = fitted(data, epochs=best, patience=100, seeds=[seed], **settings)
        assert np.array_equal(model.kernels[0][place], short.kernels[0][0])
    scores = mlp.predict(model, data[2])[0]
    if criterion == "accuracy":
        assert np.mean(scores.argmax(1) == data[3].argmax(1)) == pytest.approx(model.facts["best_value"][0])


def test_training_stops_when_the_validation_loss_has_not_fallen_for_the_patience():
    data = items_of_three_classes(n=40, n_val=200, dim=30, noise=3.0)
    _, history = fitted(data, hidden_units=[64], epochs=200, patience=4)
    for seed in (0, 1, 2):
        losses = [row["val_loss"] for row in history if row["seed"] == seed]
        assert len(losses) < 200
        assert len(losses) == losses.index(min(losses)) + 1 + 4


def test_the_criterion_of_tagging_can_be_the_area_under_the_curve():
    generator = np.random.default_rng(0)
    X = generator.normal(size=(120, 13)).astype(np.float32)
    y = (X[:, :3] + generator.normal(size=(120, 3)) > 1).astype(np.float32)
    model, history = fitted((X[:80], y[:80], X[80:], y[80:]), save_criterion="roc_auc", epochs=20, **TAGGING)
    assert model.facts["best_value"][0] == max(row["val_roc_auc"] for row in history if row["seed"] == 0) > 0.7


def _broken(part, change):
    data = list(items_of_three_classes())
    data[part] = change(data[part])
    return data


def _with_nan(X):
    X[5, 2] = np.nan
    return X


def test_data_that_cannot_be_trained_on_are_named():
    X, y, X_val, y_val = items_of_three_classes()
    with pytest.raises(ValueError, match="no training items"):
        fitted((X[:0], y[:0], X_val, y_val))
    with pytest.raises(ValueError, match="no validation items"):
        fitted((X, y, X_val[:0], y_val[:0]))
    with pytest.raises(ValueError, match=r"1 training embeddings .* not finite, first at row 5"):
        fitted(_broken(0, _with_nan))
    with pytest.raises(ValueError, match="1 validation embeddings"):
        fitted(_broken(2, _with_nan))
    with pytest.raises(ValueError, match="more classes"):
        training.fit(X, y[:, :1], X_val, y_val[:, :1], ["a"], "multiclass", PARAMETERS)
    with pytest.raises(ValueError, match="sigmoid"):
        fitted(task_type="multilabel")


def test_divergence_is_an_error_not_a_result():
    with pytest.raises(ValueError, match="diverged"):
        fitted(learning_rate=1e30, save_criterion="loss")
