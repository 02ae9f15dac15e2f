"""What a kind of probe must have: four functions in a module, or in two (`soundcheck.probing.kinds`).

A probe is fitted on clean training items, with all its seeds at once; validation items, clean too, may stop it or
choose an epoch. It never sees a test item before it predicts.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np


class Model(Protocol):
    """What was fitted on one fold, all seeds.

    `facts` is a dictionary of what JSON can say, in which a kind may record how the model came about, and to which
    others add (how many tracks had no embedding, how events are made of scores). It is saved with the model.
    """

    seeds: list[int]
    classes: list[str]
    facts: dict


class Probe(Protocol):
    """A kind of probe; a module is one where it has these functions."""

    @staticmethod
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
    ) -> tuple[Model, list[dict]]:
        """Fit all seeds in `parameters["seeds"]`; the same call gives the same model, with any number of threads.

        `X` (n, dim) float32 are embeddings of tracks or of frames. `y` (n, n_classes) float32 is 1 where an item has
        the class, else 0; of a regression, the targets in their own units. `task_type` is `multiclass`, `multilabel`
        (also for the frames of event detection) or `regression`. `parameters` has the keys of the kind, and `seeds`.
        `device` is `cpu` or `cuda`; `on_epoch` may be called with the history rows of an epoch.

        Returns the model and its history: a row for each seed and epoch with `seed`, `epoch` (from 1), losses and
        metrics (`train_…`, `val_…`) and `best`, whether this epoch is the kept one; none for a kind without epochs.

        Raises:
            ValueError: the items or the parameters do not fit, or training fails.
        """
        ...

    @staticmethod
    def predict(model: Model, X: np.ndarray) -> np.ndarray:
        """The scores (n_seeds, n, n_classes) float32 of embeddings (n, dim), each item's depending on it alone.

        They are between 0 and 1 (events are made of frames above 0.5), or the targets of a regression.

        Raises:
            ValueError: the embeddings have another size than those that the model was fitted on.
        """
        ...

    @staticmethod
    def save(models: dict[int, Model], path: str | Path) -> None:
        """Write the models of all folds to a file, or into a folder, atomically; equal models give equal bytes."""
        ...

    @staticmethod
    def load(path: str | Path) -> dict[int, Model]:
        """The models that `save` wrote, by fold."""
        ...
