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

import itertools
import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch

from soundcheck import metrics
from soundcheck.errors import SoundcheckError
from soundcheck.probes import mlp
from soundcheck.seeds import seed_for

# Seeds are stacked up to this many parameters in all: a stack that leaves the cache costs more than it saves.
_STACKED_PARAMETERS = 1_800_000
# Blocks of the parameters begin at multiples of this, so that each seed's values meet the same vector instructions.
_ALIGNMENT = 16
_ADAM_EPSILON = 1e-7
# Beyond it, exp() overflows float32.
_LARGEST_EXPONENT = 80.0
# The share of the variance that PCA keeps where the number of components is not given.
_PCA_VARIANCE = 0.95


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
    _check(X, y, X_val, y_val, classes, task_type, parameters)
    _make_deterministic()
    mean, scale = standardisation(X) if parameters["standardize"] else _identity(X.shape[1])
    components = None
    if parameters["emb_dim_reduction"] == "PCA":
        mean = X.mean(axis=0, dtype=np.float64).astype(np.float32)
        components = principal_components(mlp.transform(X, mean, scale, None), parameters["pca_components"])
    X, X_val = (mlp.transform(part, mean, scale, components) for part in (X, X_val))
    hidden = mlp.hidden_sizes(parameters["hidden_units"], X.shape[1], len(classes))
    unit = None
    if task_type == "regression":
        centre, unit = standardisation(y)
        y, y_val = ((part - centre) / unit for part in (y, y_val))
    targets, targets_val = (_targets(part, parameters["output_activation"]) for part in (y, y_val))
    arrays = (X, targets, y.argmax(axis=1), X_val, targets_val)
    y_val = y_val > 0 if unit is None else y_val * unit
    data = _Data(*(torch.from_numpy(np.ascontiguousarray(array)).to(device) for array in arrays), y_val, unit)
    shapes = _shapes([X.shape[1], *hidden, len(classes)])
    groups = _groups(parameters["seeds"], shapes, device, threads)
    with ThreadPoolExecutor(threads, initializer=_make_deterministic) as pool:
        trained = pool.map(lambda seeds: _train(data, seeds, shapes, classes, task_type, parameters, on_epoch), groups)
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
    if task_type == "regression":
        _in_units(model, centre, unit)
    return model, history


def _in_units(model: mlp.Model, centre: np.ndarray, unit: np.ndarray) -> None:
    """Let the output layer give targets in their own units, where it was trained on standardised ones."""
    model.kernels[-1] = model.kernels[-1] * unit
    model.biases[-1] = model.biases[-1] * unit + centre
    model.facts |= {"target_mean": centre.tolist(), "target_deviation": unit.tolist()}


def _check(X, y, X_val, y_val, classes, task_type, parameters) -> None:
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
    if len(classes) < (2 if task_type == "multiclass" else 1):
        raise SoundcheckError(f"a {task_type} probe needs more classes than {list(classes)}")
    if task_type == "multilabel" and parameters["output_activation"] == "softmax":
        raise SoundcheckError("output_activation softmax allows one label per item; a multilabel task needs sigmoid")
    if (task_type == "regression") != (parameters["output_activation"] == "linear"):
        raise SoundcheckError(
            f"output_activation {parameters['output_activation']} does not fit a {task_type} task: linear is for "
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


def standardisation(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and scale (dim,) of embeddings (n, dim): the standard deviation, or 1 where a value does not vary."""
    mean = X.mean(axis=0, dtype=np.float64)
    deviation = X.std(axis=0, dtype=np.float64)
    varies = deviation > np.finfo(np.float32).eps * np.abs(mean)
    return mean.astype(np.float32), np.where(varies, deviation, 1).astype(np.float32)


def _identity(dim: int) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros(dim, np.float32), np.ones(dim, np.float32)


def principal_components(X: np.ndarray, wanted: int | float | None) -> np.ndarray:
    """The first principal axes (n_components, dim) of centred embeddings (n, dim).

    `wanted` is a count, or a share of the variance between 0 and 1 of which the fewest sufficient components are
    kept, or None for a share of 0.95. Each axis points to where its largest coordinate is positive.

    Raises
    ------
    ValueError
        For a count below 1 or beyond what `n` items of `dim` values have, or a share outside of (0, 1).
    """
    wanted = _PCA_VARIANCE if wanted is None else wanted
    limit = min(X.shape)
    _, singular_values, axes = np.linalg.svd(X.astype(np.float64), full_matrices=False)
    if isinstance(wanted, float) and 0 < wanted < 1:
        shares = np.cumsum(singular_values**2) / max(np.sum(singular_values**2), np.finfo(float).tiny)
        count = min(int(np.searchsorted(shares, wanted)) + 1, limit)
    elif wanted >= 1 and wanted == int(wanted) and wanted <= limit:
        count = int(wanted)
    else:
        raise SoundcheckError(
            f"pca_components: {wanted} is neither a count from 1 to {limit} nor a share between 0 and 1"
        )
    axes = axes[:count]
    largest = np.abs(axes).argmax(axis=1)
    return (axes * np.sign(axes[np.arange(count), largest])[:, None]).astype(np.float32)


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


@dataclass
class _Outcome:
    """What the training of one seed gave."""

    seed: int
    weights: list[np.ndarray]
    best_epoch: int
    best_value: float
    history: list[dict]


def _shapes(sizes: list[int]) -> list[tuple[int, int]]:
    """The shapes of kernel and bias of each layer, in turn."""
    shapes = []
    for inputs, outputs in itertools.pairwise(sizes):
        shapes += [(inputs, outputs), (1, outputs)]
    return shapes


def _groups(seeds: list[int], shapes: list[tuple[int, int]], device: str, threads: int) -> list[list[int]]:
    """The seeds that are trained together: stacking saves overhead, and each thread needs some."""
    n_parameters = sum(map(math.prod, shapes))
    size = -(-len(seeds) // threads)
    if device == "cpu":
        size = min(size, max(1, _STACKED_PARAMETERS // n_parameters))
    return [seeds[start : start + size] for start in range(0, len(seeds), size)]


def _views(flat: torch.Tensor, shapes: list[tuple[int, int]]) -> list[torch.Tensor]:
    """The parts (n_seeds, *shape) of the flat parameters (n_seeds, n_parameters)."""
    views, start = [], 0
    for shape in shapes:
        size = math.prod(shape)
        views.append(flat[:, start : start + size].view(-1, *shape))
        start += _aligned(size)
    return views


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT


def _initialised(seed: int, shapes: list[tuple[int, int]], output_from_zero: bool = False) -> torch.Tensor:
    """Glorot-uniform kernels and zero biases (n_parameters,), drawn on the CPU whatever the device."""
    generator = torch.Generator().manual_seed(seed_for(seed, "weights"))
    flat = torch.zeros(1, sum(map(_aligned, map(math.prod, shapes))))
    for kernel in _views(flat, shapes)[::2]:
        limit = math.sqrt(6 / sum(kernel.shape[1:]))
        kernel[0].uniform_(-limit, limit, generator=generator)
    if output_from_zero:
        kernel.zero_()
    return flat[0]


def _train(data, seeds, shapes, classes, task_type, parameters, on_epoch) -> list[_Outcome]:
    """Train some seeds side by side; one that stops early leaves the others."""
    device = data.X.device
    penalty = parameters["weight_decay"]
    criterion = parameters["save_criterion"]
    orders = [torch.Generator().manual_seed(seed_for(seed, "order")) for seed in seeds]
    from_zero = task_type == "regression"
    flat = torch.stack([_initialised(seed, shapes, from_zero) for seed in seeds]).to(device).contiguous()
    best_flat = flat.clone()
    progress = [_Progress(seed, criterion, parameters["patience"]) for seed in seeds]
    adam = _Adam.started(flat)
    active = list(range(len(seeds)))
    for epoch in range(1, parameters["epochs"] + 1):
        batches = _batches([orders[i] for i in active], len(data.X), parameters["batch_size"], device)
        train_loss, hits = _epoch(data, flat, shapes, batches, adam, parameters, task_type)
        norms = penalty * flat.square().sum(dim=1)
        summary = torch.stack([train_loss / len(data.X) + norms, hits / len(data.X), norms]).T.tolist()
        rows = []
        for place, i in enumerate(active):
            loss, accuracy, norm = summary[place]
            row = {"seed": seeds[i], "epoch": epoch, "train_loss": loss}
            if task_type == "multiclass":
                row["train_accuracy"] = accuracy
            weights = [view[place] for view in _views(flat, shapes)]
            row |= _validation(data, weights, norm, classes, task_type, parameters)
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
    weights = [view.cpu().numpy() for view in _views(best_flat, shapes)]
    return [progress[i].outcome([view[i] for view in weights]) for i in range(len(seeds))]


@dataclass
class _Adam:
    """The state of the optimiser: gradients and moments (n_seeds, n_parameters), and the number of steps taken."""

    gradient: torch.Tensor
    moment: torch.Tensor
    square: torch.Tensor
    steps: torch.Tensor

    @staticmethod
    def started(flat: torch.Tensor) -> "_Adam":
        return _Adam(*(torch.zeros_like(flat) for _ in range(3)), torch.zeros((), device=flat.device))

    def kept(self, places: list[int]) -> "_Adam":
        """The state of the seeds at these places alone."""
        return _Adam(self.gradient[places], self.moment[places], self.square[places], self.steps)

    def step(self, flat: torch.Tensor, learning_rate: float, penalty: float) -> None:
        """Update the parameters (n_seeds, n_parameters) in place."""
        self.steps += 1
        # What torch.optim.Adam(fused=True) calls: its bookkeeping takes longer than a small network's products.
        # The gradient of the penalty is what torch calls weight decay, twice over.
        torch._fused_adam_(
            [flat], [self.gradient], [self.moment], [self.square], [], [self.steps],
            lr=learning_rate, beta1=0.9, beta2=0.999, weight_decay=2 * penalty, eps=_ADAM_EPSILON,
            amsgrad=False, maximize=False,
        )  # fmt: skip


def _batches(orders: list[torch.Generator], n: int, batch_size: int, device) -> list[torch.Tensor]:
    """The item numbers of an epoch's batches, each (n_seeds * n_in_batch,); every seed has its own new order."""
    order = torch.stack([torch.randperm(n, generator=generator) for generator in orders])
    return [batch.reshape(-1).to(device, non_blocking=True) for batch in order.split(batch_size, dim=1)]


def _epoch(data, flat, shapes, batches, adam, parameters, task_type) -> tuple[torch.Tensor, torch.Tensor]:
    """One pass over the training items; returns the sums over them of the loss and of the right answers (n_seeds,)."""
    n_seeds = len(flat)
    views, gradients = _views(flat, shapes), _views(adam.gradient, shapes)
    error_of = _ERRORS[parameters["output_activation"]]
    learning_rate, penalty = parameters["learning_rate"], parameters["weight_decay"]
    total, hits = flat.new_zeros(n_seeds), flat.new_zeros(n_seeds)
    for items in batches:
        x = data.X.index_select(0, items).view(n_seeds, -1, data.X.shape[1])
        targets = data.targets.index_select(0, items).view(n_seeds, -1, data.targets.shape[1])
        hidden, logits = _forward(views, x)
        if task_type == "multiclass":
            hits += (data.truth[items].view(n_seeds, -1) == logits.argmax(dim=2)).sum(dim=1)
        losses, error = error_of(logits, targets)
        _backward(views, gradients, hidden, error)
        adam.step(flat, learning_rate, penalty)
        total += losses
    return total, hits


def _forward(views: list[torch.Tensor], x: torch.Tensor) -> tuple[list[torch.Tensor], torch.Tensor]:
    """The inputs of all layers (n_seeds, n_items, in), and the logits (n_seeds, n_items, n_classes)."""
    hidden = [x]
    for kernel, bias in zip(views[:-2:2], views[1:-2:2], strict=True):
        hidden.append(torch.baddbmm(bias, hidden[-1], kernel).relu_())
    return hidden, torch.baddbmm(views[-1], hidden[-1], views[-2])


def _backward(views, gradients, hidden, error) -> None:
    """Fill the gradients, given the loss's derivative (n_seeds, n_items, n_classes) by the logits."""
    # By hand, as autograd takes as long again as the products of a small network.
    for layer in reversed(range(len(hidden))):
        torch.bmm(hidden[layer].transpose(1, 2), error, out=gradients[2 * layer])
        torch.sum(error, dim=1, keepdim=True, out=gradients[2 * layer + 1])
        if layer > 0:
            error = torch.bmm(error, views[2 * layer].transpose(1, 2))
            error = torch.ops.aten.threshold_backward(error, hidden[layer], 0)


# Both are given the logits, which they overwrite, and the targets (n_seeds, n_items, n_classes), and return the losses
# summed over the items (n_seeds,) and the derivative of their mean over the items by the logits.
def _softmax_error(logits: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    log_shares = torch.log_softmax(logits, dim=2)
    losses = -(log_shares * y).sum(dim=(1, 2))
    return losses, log_shares.exp_().sub_(y).div_(y.shape[1])


def _sigmoid_error(logits: torch.Tensor, signs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    # With a sign of 1 where the class is absent and -1 where it is present, the loss is log(1 + exp(sign * logit)).
    # Not by torch.sigmoid: its last elements take other instructions, so a seed's bits would depend on its place.
    exponentials = logits.mul_(signs).clamp_(max=_LARGEST_EXPONENT).exp_()
    denominators = exponentials + 1
    error = exponentials.div_(denominators).mul_(signs).div_(signs.shape[1] * signs.shape[2])
    return denominators.log_().sum(dim=(1, 2)).div_(signs.shape[2]), error


def _linear_error(outputs: torch.Tensor, y: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    differences = outputs.sub_(y)
    losses = differences.square().sum(dim=(1, 2)).div_(y.shape[2])
    return losses, differences.mul_(2 / (y.shape[1] * y.shape[2]))


_ERRORS = {"softmax": _softmax_error, "sigmoid": _sigmoid_error, "linear": _linear_error}


def _targets(y: np.ndarray, output_activation: str) -> np.ndarray:
    """What the error functions take for the labels (n, n_classes)."""
    return 1 - 2 * y if output_activation == "sigmoid" else y


def _validation(data, weights, norm, classes, task_type, parameters) -> dict[str, float]:
    """The validation values of one seed, seed by seed so that none depends on how many there are."""
    _, logits = _forward([weight[None] for weight in weights], data.X_val[None])
    scores = logits[0].cpu().numpy().copy() * (1 if data.unit is None else data.unit)
    losses, _ = _ERRORS[parameters["output_activation"]](logits, data.targets_val[None])
    values = {"val_loss": losses.item() / len(data.X_val) + norm}
    names = {"accuracy"} if task_type == "multiclass" else set()
    for name in sorted(names | {parameters["save_criterion"]} - {"loss"}):
        # The logits order the items and the classes as the scores do; a regression's differ from them by the mean.
        values[f"val_{name}"] = float(metrics.metric(name)(data.y_val, scores, classes)[0])
    return values


class _Progress:
    """The course of one seed: its best epoch, and whether its patience is at an end."""

    def __init__(self, seed: int, criterion: str, patience: int):
        self.seed, self.patience = seed, patience
        self.name, self.sign = (f"val_{criterion}", -1 if criterion in ("loss", "mae") else 1)
        self.rows: list[dict] = []
        self.best_row: dict | None = None
        self.lowest_loss, self.waited = math.inf, 0

    @property
    def stopped(self) -> bool:
        return self.waited >= self.patience

    def improved_by(self, row: dict) -> bool:
        """Take the row of a new epoch; is it the best so far?"""
        self.rows.append(row)
        if row["val_loss"] < self.lowest_loss:
            self.lowest_loss, self.waited = row["val_loss"], 0
        else:
            self.waited += 1
        value = row[self.name]
        better = math.isfinite(value) and (
            self.best_row is None or self.sign * value > self.sign * self.best_row[self.name]
        )
        if better:
            self.best_row = row
        return better

    def outcome(self, weights: list[np.ndarray]) -> _Outcome:
        if self.best_row is None:
            raise SoundcheckError(
                f"seed {self.seed}: {self.name} was never finite. Training diverged (lower learning_rate), or the "
                "validation items have no label with both positive and negative items (save_criterion: loss works)"
            )
        for row in self.rows:
            row["best"] = row is self.best_row
        return _Outcome(self.seed, weights, self.best_row["epoch"], self.best_row[self.name], self.rows)
