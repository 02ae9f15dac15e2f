"""How long probes take to train, beside what their matrix products alone take.

python benchmarks/fit.py
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

import itertools

import numpy as np
import torch

from soundcheck.probes import mlp, training

PROBES = {"M1": [], "M2": [128], "M3": [256, 128], "M4": ["infer"], "M5": ["infer", "infer"]}
PARAMETERS = {
    "kind": "mlp",
    "output_activation": "softmax",
    "weight_decay": 1e-5,
    "optimizer": "adam",
    "learning_rate": 1e-3,
    "batch_size": 100,
    "epochs": 100,
    "patience": 10,
    "standardize": True,
    "emb_dim_reduction": "none",
    "pca_components": None,
    "save_criterion": "accuracy",
    "seeds": [0, 1, 2, 3, 4],
}


def small() -> None:
    """M1 to M5 x 5 seeds on 1,000 x 200, all 100 epochs."""
    generator = np.random.default_rng(0)
    X = generator.normal(size=(1250, 200)).astype(np.float32)
    y = np.eye(12, dtype=np.float32)[generator.integers(12, size=1250)]
    classes = list(map(str, range(12)))
    print("| probe | 1,000 x 200, 12 classes, 5 seeds, 100 epochs (s) |\n|---|---|")
    total = 0.0
    for name, units in PROBES.items():
        parameters = PARAMETERS | {"hidden_units": units, "patience": 100}
        start = time.perf_counter()
        training.fit(X[:1000], y[:1000], X[1000:], y[1000:], classes, "multiclass", parameters)
        total += (spent := time.perf_counter() - start)
        print(f"| {name} | {spent:.2f} |")
    print(f"| all | {total:.2f} |\n")


def large(epochs: int = 4) -> None:
    """The time of an epoch on 21,000 x 768 with 50 labels and 5 seeds, and of its matrix products alone."""
    generator = np.random.default_rng(0)
    n, n_val, dim, n_labels = 21_000, 1_500, 768, 50
    X = generator.normal(size=(n + n_val, dim)).astype(np.float32)
    y = (generator.random((n + n_val, n_labels)) < 0.07).astype(np.float32)
    classes = list(map(str, range(n_labels)))
    print("| probe | epoch, 5 seeds (s) | its matrix products alone (s) | ratio |\n|---|---|---|---|")
    for name, units in PROBES.items():
        parameters = PARAMETERS | {
            "hidden_units": units,
            "output_activation": "sigmoid",
            "epochs": epochs,
            "save_criterion": "roc_auc",
        }
        marks: list[tuple[int, float]] = []
        training.fit(
            X[:n], y[:n], X[n:], y[n:], classes, "multilabel", parameters,
            on_epoch=lambda rows, marks=marks: marks.append((len(rows), time.perf_counter())),
        )  # fmt: skip
        # The first epoch of a stack of seeds includes its set-up.
        spans = [(later - earlier) / seeds for (_, earlier), (seeds, later) in itertools.pairwise(marks)]
        epoch = 5 * min(spans)
        alone = products(n, n_val, [dim, *mlp.hidden_sizes(units, dim, n_labels), n_labels], X, 5)
        print(f"| {name} | {epoch:.3f} | {alone:.3f} | {epoch / alone:.2f} |")


def products(n: int, n_val: int, sizes: list[int], X: np.ndarray, n_seeds: int) -> float:
    """Seconds of the matrix products of one epoch: forward, backward, validation; seed by seed, in plain torch."""
    torch.set_num_threads(1)
    X = torch.from_numpy(X)
    kernels = [torch.randn(i, o) for i, o in itertools.pairwise(sizes)]
    spans = []
    for _ in range(3):
        start = time.perf_counter()
        for first in range(0, n, 100):
            inputs = [X[first : first + 100]]
            for kernel in kernels:
                inputs.append(inputs[-1] @ kernel)
            error = inputs.pop()
            for layer in reversed(range(len(kernels))):
                _ = inputs[layer].T @ error
                if layer:
                    error = error @ kernels[layer].T
        hidden = X[n : n + n_val]
        for kernel in kernels:
            hidden = hidden @ kernel
        spans.append(time.perf_counter() - start)
    return n_seeds * min(spans)


if __name__ == "__main__":
    small()
    large()
