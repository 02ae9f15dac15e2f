"""A probe's parameters, items of three classes to train it on, and its training."""

import numpy as np

from soundcheck.probing.mlp import training

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


def items_of_three_classes(n=110, n_val=40, dim=13, seed=0, noise=2.0):
    generator = np.random.default_rng(seed)
    truth = generator.integers(3, size=n + n_val)
    centres = generator.normal(size=(3, dim))
    X = (centres[truth] + noise * generator.normal(size=(n + n_val, dim))).astype(np.float32)
    y = np.eye(3, dtype=np.float32)[truth]
    return X[:n], y[:n], X[n:], y[n:]


def fitted(data=None, task_type="multiclass", **changes):
    return training.fit(*(data or items_of_three_classes()), CLASSES, task_type, PARAMETERS | changes)
