"""Fitting a probe on tracks, or on their frames with the labels of the tracks."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from soundcheck.probing import items, kinds
from soundcheck.probing.fitting import log_epoch, log_items
from soundcheck.probing.probe import Model
from soundcheck.scoring.labels import indicators
from soundcheck.tasks import TASK_TYPES


def fold_fitter(
    embeddings_path: str | Path, split_path: str | Path, parameters: dict, device: str, threads: int
) -> Callable:
    """What fits a fold on tracks, or on frames with the labels of their tracks; see `fit_probe`."""
    rows, embeddings = items.read_embeddings(embeddings_path)
    fit = kinds.trainer_of(parameters["kind"]).fit

    def fit_fold(fold: int, parts: dict, split: dict) -> tuple[Model, list[dict], int]:
        arrays, n_missing = _arrays(parts, rows, embeddings, split)
        log_items(fold, arrays)
        kind = split["task_type"]
        return *fit(*arrays, split["classes"], kind, parameters, device, log_epoch, threads), n_missing

    return fit_fold


def _arrays(parts: dict, rows: dict[str, slice], embeddings: np.ndarray, split: dict) -> tuple[list[np.ndarray], int]:
    """X, y, X_val, y_val of a fold, and how many of its tracks have no embedding."""
    arrays, n_missing = [], 0
    for part in ("train", "validation"):
        labels = parts.get(part, {})
        present, missing = items.join(labels, rows)
        y = indicators([labels[track_id] for track_id in present], split["classes"], TASK_TYPES[split["task_type"]])
        X, counts = items.take(present, rows, embeddings)
        # Where a track has several rows, its frames, each is an item with the labels of the track.
        arrays += [X, np.repeat(y.astype(np.float32), counts, axis=0)]
        n_missing += len(missing)
    return arrays, n_missing
