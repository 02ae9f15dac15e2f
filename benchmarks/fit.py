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

from soundcheck.plumbing.jobs import keep_freed_memory
from soundcheck.probing.mlp import model as mlp
from soundcheck.probing.mlp import training

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


def large(batch_size: int, epochs: int = 6) -> None:
    """The time of an epoch on 21,000 x 768 with 50 labels and 5 seeds, and of its matrix products alone.

    The two take turns, and the least of each counts, so that what else the machine does bears on both alike.
    """
    generator = np.random.default_rng(0)
    n, n_val, dim, n_labels = 21_000, 1_500, 768, 50
    X = generator.normal(size=(n + n_val, dim)).astype(np.float32)
    y = (generator.random((n + n_val, n_labels)) < 0.07).astype(np.float32)
    classes = list(map(str, range(n_labels)))
    print(
        f"| batches of {batch_size:,} | an epoch of one of 5 seeds (s) | its matrix products alone (s) | ratio | "
        "a plain torch loop (s) | its ratio |\n|---|---:|---:|---:|---:|---:|"
    )
    totals = np.zeros(3)
    for name, units in PROBES.items():
        parameters = PARAMETERS | {
            "hidden_units": units,
            "output_activation": "sigmoid",
            "batch_size": batch_size,
            "epochs": epochs,
            "patience": epochs,
            "save_criterion": "roc_auc",
        }
        turns = _Turns(n, [dim, *mlp.hidden_sizes(units, dim, n_labels), n_labels], X, batch_size)
        training.fit(X[:n], y[:n], X[n:], y[n:], classes, "multilabel", parameters, on_epoch=turns)
        seconds = min(turns.epochs), min(turns.products), plain_loop(X[:n], y[:n], turns.sizes, batch_size)
        print(_row(name, *seconds), flush=True)
        totals += seconds
    print(_row("all", *totals), end="\n\n")


def _row(name: str, epoch: float, alone: float, plain: float) -> str:
    return f"| {name} | {epoch:.3f} | {alone:.3f} | {epoch / alone:.2f} | {plain:.3f} | {plain / alone:.2f} |"


class _Turns:
    """Called after each epoch: the seconds per seed that it took, and those of its matrix products alone."""

    def __init__(self, n: int, sizes: list[int], X: np.ndarray, batch_size: int):
        self.n, self.sizes, self.X, self.batch_size = n, sizes, X, batch_size
        self.epochs: list[float] = []
        self.products: list[float] = []
        self.begun = 0.0

    def __call__(self, rows: list[dict]) -> None:
        # The first epoch of a stack of seeds includes its set-up.
        if rows[0]["epoch"] > 1:
            self.epochs.append((time.perf_counter() - self.begun) / len(rows))
        self.products.append(products(self.n, self.sizes, self.X, self.batch_size))
        self.begun = time.perf_counter()


def products(n: int, sizes: list[int], X: np.ndarray, batch_size: int) -> float:
    """Seconds of the matrix products of one epoch of one seed, in plain torch, on one thread.

    For each batch of the first n items, those of the forward pass, of the kernels' gradients, and of the errors
    between layers (none for the input); for the other items, which are the validation's, those of the forward pass in
    one batch. Batches lie in memory as they are taken, in order; there are no biases, activations, loss or optimiser.
    """
    torch.set_num_threads(1)
    X = torch.from_numpy(X)
    kernels = [torch.randn(i, o) for i, o in itertools.pairwise(sizes)]
    start = time.perf_counter()
    for first in range(0, n, batch_size):
        inputs = [X[first : min(n, first + batch_size)]]
        for kernel in kernels:
            inputs.append(inputs[-1] @ kernel)
        error = inputs.pop()
        for layer in reversed(range(len(kernels))):
            _ = inputs[layer].T @ error
            if layer:
                error = error @ kernels[layer].T
    hidden = X[n:]
    for kernel in kernels:
        hidden = hidden @ kernel
    return time.perf_counter() - start


def plain_loop(X: np.ndarray, y: np.ndarray, sizes: list[int], batch_size: int) -> float:
    """Seconds of an epoch of the loop that everybody writes: nn.Linear, autograd, torch.optim.Adam; on one thread."""
    torch.set_num_threads(1)
    items, labels = torch.from_numpy(X), torch.from_numpy(y)
    layers = [layer for pair in itertools.pairwise(sizes) for layer in (torch.nn.Linear(*pair), torch.nn.ReLU())]
    network = torch.nn.Sequential(*layers[:-1])
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-3, weight_decay=2e-5)
    loss = torch.nn.BCEWithLogitsLoss()
    epochs = []
    for _ in range(3):
        start = time.perf_counter()
        for batch in torch.randperm(len(items)).split(batch_size):
            optimiser.zero_grad()
            loss(network(items[batch]), labels[batch]).backward()
            optimiser.step()
        epochs.append(time.perf_counter() - start)
    return min(epochs)


if __name__ == "__main__":
    keep_freed_memory()  # as in every job
    small()
    for batch_size in (100, 277, 1024):  # the first two are the thesis'
        large(batch_size)
