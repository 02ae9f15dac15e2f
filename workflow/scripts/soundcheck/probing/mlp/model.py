"""Multilayer perceptrons as probes: their sizes, their weights, their predictions. NumPy only, so that jobs start fast.

Training is in `soundcheck.probing.mlp.training`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.plumbing.files import atomic
from soundcheck.probing.mlp.preprocessing import transform

# The rows of one matrix product, filled up: BLAS takes other kernels for other shapes. They bound the memory, too.
_BLOCK = 256
_DESCRIPTION = "description"


def hidden_sizes(hidden_units: Sequence[int | str], dim: int, n_classes: int) -> list[int]:
    """The sizes of the hidden layers, from the input to the output.

    With d = `dim`, c = `n_classes`, n hidden layers, i = 0..n-1, each rounded up to an even number:

    - `"infer"`: linear interpolation between embedding and output, `int(c + (n-i)(d-c)/(n+1))`;
    - `"power_infer"`: a power curve from d down to c, `(d-c)/(n+1)^2 (n-i)^2 + c`;
    - an integer stands for itself.

    Both formulas are those of Plachouras (2023), whose released code lets the power
    curve grow towards the output, against the text.

    Raises
    ------
    ValueError
        For a size that is neither a positive integer nor one of the two names.
    """
    n = len(hidden_units)
    return [_hidden_size(unit, n, i, dim, n_classes) for i, unit in enumerate(hidden_units)]


def _hidden_size(unit: int | str, n: int, i: int, dim: int, n_classes: int) -> int:
    if unit == "infer":
        return _even(n_classes + (n - i) * (dim - n_classes) // (n + 1))
    if unit == "power_infer":
        numerator = (dim - n_classes) * (n - i) ** 2 + n_classes * (n + 1) ** 2
        return _even(-(-numerator // (n + 1) ** 2))
    if isinstance(unit, int) and not isinstance(unit, bool) and unit > 0:
        return unit
    raise SoundcheckError(f"hidden_units: {unit!r} is neither a positive integer nor 'infer' nor 'power_infer'")


def _even(size: int) -> int:
    return max(2, size + size % 2)


@dataclass
class Model:
    """The perceptrons of one fold: one per seed, with their arrays stacked over the seeds.

    `mean`, `scale` (dim,) standardise the input, `components` (n_components, dim) reduces it where PCA was asked for,
    `kernels` are (n_seeds, in, out), `biases` (n_seeds, out). `facts` records how the model came about (sizes, best
    epochs, criterion); it holds only what JSON can say.
    """

    seeds: list[int]
    classes: list[str]
    mean: np.ndarray
    scale: np.ndarray
    components: np.ndarray | None
    kernels: list[np.ndarray]
    biases: list[np.ndarray]
    output_activation: str
    facts: dict = field(default_factory=dict)


def predict(model: Model, X: np.ndarray) -> np.ndarray:
    """The scores (n_seeds, n, n_classes) of embeddings (n, dim), float32: between 0 and 1, or a regression's targets.

    The same items in the same order have the same bits. BLAS sums in another order at some places of a matrix (OpenBLAS
    on AVX2 at every other six rows); as the sums are of float64, an item's scores among others are the same or, seldom,
    the next float32.

    Raises
    ------
    ValueError
        Where the dimension of `X` is not the one that the model was fitted on.
    """
    if X.ndim != 2 or X.shape[1] != len(model.mean):
        raise SoundcheckError(
            f"the model was fitted on embeddings of {len(model.mean)} values, these are {X.shape[1:]}"
        )
    scores = np.empty((len(model.seeds), len(X), len(model.classes)), np.float32)
    layers = [(kernel.astype(np.float64), bias) for kernel, bias in zip(model.kernels, model.biases, strict=True)]
    for start, block in _blocks(X):
        hidden = transform(block, model.mean, model.scale, None).astype(np.float64)
        if model.components is not None:
            hidden = hidden @ model.components.T
        for seed in range(len(model.seeds)):
            output = _forward(hidden, [(kernel[seed], bias[seed]) for kernel, bias in layers])
            rows = scores[seed, start : start + _BLOCK]
            rows[:] = _ACTIVATIONS[model.output_activation](output)[: len(rows)]
    return scores


def _blocks(X: np.ndarray):
    for start in range(0, len(X), _BLOCK):
        block = np.zeros((_BLOCK, X.shape[1]), np.float32)
        rows = X[start : start + _BLOCK]
        block[: len(rows)] = rows
        yield start, block


def _forward(hidden: np.ndarray, layers: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    for kernel, bias in layers[:-1]:
        hidden = np.maximum(hidden @ kernel + bias, 0)
    kernel, bias = layers[-1]
    return hidden @ kernel + bias


def softmax(logits: np.ndarray) -> np.ndarray:
    """Softmax over the last axis."""
    exponentials = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def sigmoid(logits: np.ndarray) -> np.ndarray:
    """The logistic function, without overflow."""
    exponentials = np.exp(-np.abs(logits))
    return np.where(logits >= 0, 1, exponentials) / (1 + exponentials)


_ACTIVATIONS = {"softmax": softmax, "sigmoid": sigmoid, "linear": lambda outputs: outputs}


def save(models: dict[int, Model], path: str | Path) -> None:
    """Write the models of all folds into one `.npz`, atomically; equal models give equal bytes."""
    arrays, description = {}, {}
    for fold, model in models.items():
        description[str(fold)] = {
            "seeds": list(map(int, model.seeds)),
            "classes": list(model.classes),
            "output_activation": model.output_activation,
            "n_layers": len(model.kernels),
            "facts": model.facts,
        }
        arrays |= {f"{fold}/{name}": array for name, array in _arrays(model).items()}
    text = json.dumps(description, sort_keys=True, ensure_ascii=False)
    arrays[_DESCRIPTION] = np.frombuffer(text.encode(), np.uint8)
    with atomic(path) as temporary, temporary.open("wb") as file:
        np.savez(file, **arrays)


def _arrays(model: Model) -> dict[str, np.ndarray]:
    arrays = {"mean": model.mean, "scale": model.scale}
    if model.components is not None:
        arrays["components"] = model.components
    arrays |= {f"kernel{i}": kernel for i, kernel in enumerate(model.kernels)}
    return arrays | {f"bias{i}": bias for i, bias in enumerate(model.biases)}


def load(path: str | Path) -> dict[int, Model]:
    """Read the models that `save` wrote, by fold."""
    with np.load(path) as file:
        arrays = dict(file)
    description = json.loads(arrays.pop(_DESCRIPTION).tobytes())
    return {int(fold): _model(entry, arrays, fold) for fold, entry in description.items()}


def _model(entry: dict, arrays: dict[str, np.ndarray], fold: str) -> Model:
    layers = range(entry["n_layers"])
    return Model(
        seeds=entry["seeds"],
        classes=entry["classes"],
        mean=arrays[f"{fold}/mean"],
        scale=arrays[f"{fold}/scale"],
        components=arrays.get(f"{fold}/components"),
        kernels=[arrays[f"{fold}/kernel{i}"] for i in layers],
        biases=[arrays[f"{fold}/bias{i}"] for i in layers],
        output_activation=entry["output_activation"],
        facts=entry["facts"],
    )
