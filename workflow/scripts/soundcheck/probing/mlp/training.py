"""Training of multilayer perceptrons: all seeds of a probe together, each as if it were alone.

The recipe is that of the thesis of Plachouras (2023, Appendix A), with the conventions of Keras
that it relies on: Glorot-uniform kernels and zero biases; an L2 penalty `weight_decay * sum(w^2)` on the kernels and
biases of all layers, added to the loss; binary cross-entropy as the mean over classes; Adam with epsilon 1e-7 (but as
in the paper, and in torch, added after the correction of the moments' bias; Keras adds it before, which makes it up to
thirty times as large in the first steps); the last, smaller batch is kept; early stopping on the validation loss,
penalty included.

Regression, which the thesis does not have: the loss is the squared error, mean over the targets, of targets that are
standardised with the training items' mean and deviation; the output layer starts at zero, which is their mean, as some
hundred steps do not forget a random one; when trained, it takes them back to their own units.
"""

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.probing import choices
from soundcheck.probing.mlp import model as mlp
from soundcheck.probing.mlp import preprocessing, stacks, stopping
from soundcheck.scoring import metrics
from soundcheck.seeds import seed_for
from soundcheck.tasks import TASK_TYPES, TaskType

# Seeds are stacked up to this many parameters, and values of a batch in all layers: a stack that leaves the cache
# costs more than it saves.
_STACKED_PARAMETERS = 1_800_000
_STACKED_ACTIVATIONS = 1_500_000


def fit(
    X: np.ndarray,
    y: np.ndarray,
    X_val: np.ndarray,
    y_val: np.ndarray,
    classes: list[str],
    task_type: str,
    parameters: dict,
    device: str = "cpu",
    on_epoch: Callable[[list[dict]], None] | None = None,
    threads: int = 1,
) -> tuple[mlp.Model, list[dict]]:
    """Fit the perceptrons of all seeds in `parameters["seeds"]`.

    A seed's result does not depend on which other seeds are trained beside it, so several `threads` may each train some
    of them: on the CPU two runs are equal to the last bit, whatever the number of threads.

    Parameters
    ----------
    X, X_val : (n, dim) float32
        Embeddings of the training and the validation items.
    y, y_val : (n, n_classes) float32
        1 where the item has the class, else 0; of a regression the targets, in their own units.
    classes : the n_classes names
    task_type : "multiclass", "multilabel" or "regression"
    parameters : the probe's parameters, all keys present
    device : "cpu" or "cuda"
    on_epoch : called after each epoch with the history rows of the seeds that were trained in it, by any of the threads
    threads : how many train at once, each some of the seeds

    Returns
    -------
    model
        With the weights of each seed's best epoch by `save_criterion` on the validation items (of equally good
        epochs, the first).
    history
        One row per seed and epoch: seed, epoch (from 1), train_loss, val_loss, those of val_accuracy, train_accuracy
        (multiclass; the training values are running means over the epoch, as in Keras) and val_<save_criterion>
        that apply, best. The losses include the penalty.

    Raises
    ------
    ValueError
        Without training or validation items, with fewer than two classes, with embeddings that are not finite, with
        parameters that do not fit the task, and where training diverges.
    """
    X, y, X_val, y_val = (np.asarray(part, np.float32) for part in (X, y, X_val, y_val))
    kind = TASK_TYPES[task_type]
    _check(X, y, X_val, y_val, classes, kind, parameters)
    _make_deterministic()
    mean, scale = preprocessing.standardisation(X) if parameters["standardize"] else preprocessing.identity(X.shape[1])
    components = None
    if parameters["emb_dim_reduction"] == "PCA":
        mean = X.mean(axis=0, dtype=np.float64).astype(np.float32)
        components = preprocessing.principal_components(
            mlp.transform(X, mean, scale, None), parameters["pca_components"]
        )
    X, X_val = (preprocessing.transform(part, mean, scale, components) for part in (X, X_val))
    hidden = mlp.hidden_sizes(parameters["hidden_units"], X.shape[1], len(classes))
    unit = None
    if kind.has_numbers:
        centre, unit = preprocessing.standardisation(y)
        y, y_val = ((part - centre) / unit for part in (y, y_val))
    targets, targets_val = (stacks.targets(part, parameters["output_activation"]) for part in (y, y_val))
    arrays = (X, targets, y.argmax(axis=1), X_val, targets_val)
    y_val = y_val > 0 if unit is None else y_val * unit
    data = _Data(*(torch.from_numpy(np.ascontiguousarray(array)).to(device) for array in arrays), y_val, unit)
    sizes = [X.shape[1], *hidden, len(classes)]
    shapes = stacks.shapes(sizes)
    size = _stack_size(len(parameters["seeds"]), sizes, parameters["batch_size"], device, threads)
    groups = [parameters["seeds"][start : start + size] for start in range(0, len(parameters["seeds"]), size)]
    with ThreadPoolExecutor(threads, initializer=_make_deterministic) as pool:
        trained = pool.map(lambda seeds: _train(data, seeds, shapes, classes, kind, parameters, on_epoch), groups)
        outcomes = [outcome for group in trained for outcome in group]
    history = [row for outcome in outcomes for row in outcome.history]
    model = mlp.Model(
        seeds=list(parameters["seeds"]),
        classes=list(classes),
        mean=mean,
        scale=scale,
        components=components,
        kernels=[np.stack([outcome.weights[2 * i] for outcome in outcomes]) for i in range(len(shapes) // 2)],
        biases=[np.stack([outcome.weights[2 * i + 1][0] for outcome in outcomes]) for i in range(len(shapes) // 2)],
        output_activation=parameters["output_activation"],
        facts={
            "hidden_sizes": hidden,
            "input_size": X.shape[1],
            "standardize": parameters["standardize"],
            "save_criterion": parameters["save_criterion"],
            "best_epoch": [outcome.best_epoch for outcome in outcomes],
            "best_value": [outcome.best_value for outcome in outcomes],
            "n_train": len(X),
            "n_validation": len(X_val),
        },
    )
    if kind.has_numbers:
        _in_units(model, centre, unit)
    return model, history


def _in_units(model: mlp.Model, centre: np.ndarray, unit: np.ndarray) -> None:
    """Let the output layer give targets in their own units, where it was trained on standardised ones."""
    model.kernels[-1] = model.kernels[-1] * unit
    model.biases[-1] = model.biases[-1] * unit + centre
    model.facts |= {"target_mean": centre.tolist(), "target_deviation": unit.tolist()}


def _check(X, y, X_val, y_val, classes, kind: TaskType, parameters) -> None:
    for part, items, labels in (("training", X, y), ("validation", X_val, y_val)):
        if len(items) == 0:
            raise SoundcheckError(f"there are no {part} items")
        if len(items) != len(labels) or labels.shape[1] != len(classes):
            raise SoundcheckError(
                f"{part} items {items.shape} do not fit labels {labels.shape} of {len(classes)} classes"
            )
        if not np.isfinite(items).all():
            bad = np.flatnonzero(~np.isfinite(items).all(axis=1))
            raise SoundcheckError(
                f"{len(bad)} {part} embeddings have values that are not finite, first at row {bad[0]}"
            )
    if len(classes) < (2 if kind.has_one_label else 1):
        raise SoundcheckError(f"a {kind.name} probe needs more classes than {list(classes)}")
    if kind.has_several_labels and parameters["output_activation"] == "softmax":
        raise SoundcheckError("output_activation softmax allows one label per item; a multilabel task needs sigmoid")
    if kind.has_numbers != (parameters["output_activation"] == "linear"):
        raise SoundcheckError(
            f"output_activation {parameters['output_activation']} does not fit a {kind.name} task: linear is for "
            "regression, and regression needs it"
        )
    if parameters["optimizer"] != "adam":
        raise SoundcheckError(f"optimizer {parameters['optimizer']!r} is not known: adam")
    if not parameters["seeds"] or parameters["batch_size"] < 1 or parameters["epochs"] < 1:
        raise SoundcheckError("seeds, batch_size and epochs must each be at least one")


def _make_deterministic() -> None:
    """To be called by every thread that computes."""
    torch.set_num_threads(1)
    # Read by cuBLAS when it starts: with it, the same call gives the same bits.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    # Weights that the penalty drives to nothing would become denormal numbers, which are slow.
    torch.set_flush_denormal(True)


@dataclass
class _Data:
    """The items on the device: transformed embeddings, what the loss is taken to, and the classes' numbers (n,).

    `unit` (n_targets,) is one deviation of each target of a regression, whose `y_val` are differences from the mean.
    """

    X: torch.Tensor
    targets: torch.Tensor
    truth: torch.Tensor
    X_val: torch.Tensor
    targets_val: torch.Tensor
    y_val: np.ndarray
    unit: np.ndarray | None


def _stack_size(n_seeds: int, sizes: list[int], batch_size: int, device: str, threads: int) -> int:
    """How many seeds are trained together: stacking saves overhead, and each thread needs some."""
    wanted = -(-n_seeds // threads)
    if device != "cpu":
        return wanted
    n_parameters = sum(map(math.prod, stacks.shapes(sizes)))
    fit_the_cache = min(_STACKED_PARAMETERS // n_parameters, _STACKED_ACTIVATIONS // (batch_size * sum(sizes)))
    return max(1, min(wanted, fit_the_cache))


def _train(data, seeds, shapes, classes, kind, parameters, on_epoch) -> list[stopping.Outcome]:
    """Train some seeds side by side; one that stops early leaves the others."""
    device = data.X.device
    penalty = parameters["weight_decay"]
    criterion = parameters["save_criterion"]
    orders = [torch.Generator().manual_seed(seed_for(seed, "order")) for seed in seeds]
    from_zero = kind.has_numbers
    flat = torch.stack([stacks.initialised(seed, shapes, from_zero) for seed in seeds]).to(device).contiguous()
    best_flat = flat.clone()
    progress = [stopping.Progress(seed, criterion, parameters["patience"]) for seed in seeds]
    adam = stacks.Adam.started(flat)
    validation = stacks.Workspace.for_one(data.X_val, data.targets_val, stacks.sizes(shapes))
    # Of full batches and a smaller last one, for all epochs: into fresh memory, gathering takes a quarter longer.
    spaces: dict[torch.Size, stacks.Workspace] = {}
    active = list(range(len(seeds)))
    for epoch in range(1, parameters["epochs"] + 1):
        batches = _batches([orders[i] for i in active], len(data.X), parameters["batch_size"], device)
        train_loss, hits = _epoch(data, spaces, flat, shapes, batches, adam, parameters, kind)
        norms = penalty * torch.stack([weights.square().sum() for weights in flat])
        summary = torch.stack([train_loss / len(data.X) + norms, hits / len(data.X), norms]).T.tolist()
        rows = []
        for place, i in enumerate(active):
            loss, accuracy, norm = summary[place]
            row = {"seed": seeds[i], "epoch": epoch, "train_loss": loss}
            if kind.has_one_label:
                row["train_accuracy"] = accuracy
            weights = [view[place] for view in stacks.views(flat, shapes)]
            row |= _validation(data, validation, weights, norm, classes, kind, parameters)
            if progress[i].improved_by(row):
                best_flat[i] = flat[place]
            rows.append(row)
        if on_epoch is not None:
            on_epoch(rows)
        kept = [place for place, i in enumerate(active) if not progress[i].stopped]
        if not kept:
            break
        if len(kept) < len(active):
            active = [active[place] for place in kept]
            flat, adam = flat[kept], adam.kept(kept)
    weights = [view.cpu().numpy() for view in stacks.views(best_flat, shapes)]
    return [progress[i].outcome([view[i] for view in weights]) for i in range(len(seeds))]


def _batches(orders: list[torch.Generator], n: int, batch_size: int, device) -> list[torch.Tensor]:
    """The item numbers of an epoch's batches, each (n_seeds, n_in_batch); every seed has its own new order."""
    order = torch.stack([torch.randperm(n, generator=generator) for generator in orders])
    return [batch.to(device, non_blocking=True) for batch in order.split(batch_size, dim=1)]


def _epoch(data, spaces, flat, shapes, batches, adam, parameters, kind) -> tuple[torch.Tensor, torch.Tensor]:
    """One pass over the training items; returns the sums over them of the loss and of the right answers (n_seeds,)."""
    n_seeds = len(flat)
    layers, gradients = stacks.views(flat, shapes), stacks.views(adam.gradient, shapes)
    error_of = stacks.ERRORS[parameters["output_activation"]]
    learning_rate, penalty = parameters["learning_rate"], parameters["weight_decay"]
    total, hits = flat.new_zeros(n_seeds), flat.new_zeros(n_seeds)
    for items in batches:
        if items.shape not in spaces:
            spaces[items.shape] = stacks.Workspace.for_batches(*items.shape, stacks.sizes(shapes), flat.device)
        space = spaces[items.shape]
        space.fill(data.X, data.targets, items)
        logits = stacks.forward(layers, space)
        if kind.has_one_label:
            hits += (data.truth[items] == logits[:, : space.n_items].argmax(dim=2)).sum(dim=1)
        total += error_of(space)
        stacks.backward(layers, gradients, space)
        adam.step(flat, learning_rate, penalty)
    return total, hits


def _validation(data, space, weights, norm, classes, kind, parameters) -> dict[str, float]:
    """The validation values of one seed, seed by seed so that none depends on how many there are."""
    logits = stacks.forward([weight[None] for weight in weights], space)
    scores = logits[0, : space.n_items].cpu().numpy().copy() * (1 if data.unit is None else data.unit)
    values = {"val_loss": stacks.ERRORS[parameters["output_activation"]](space).item() / space.n_items + norm}
    for name in choices.epoch_metrics(kind.name, parameters):
        # The logits order the items and the classes as the scores do; a regression's differ from them by the mean.
        values[f"val_{name}"] = float(metrics.metric(name)(data.y_val, scores, classes)[0])
    return values
