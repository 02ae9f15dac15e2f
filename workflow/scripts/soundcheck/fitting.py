"""Fitting a probe on clean embeddings: every fold of a split, every seed."""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np

from soundcheck.errors import SoundcheckError
from soundcheck.probes import history as course
from soundcheck.probes import items, mlp, training

log = logging.getLogger(__name__)


def fit_probe(
    embeddings_path: str | Path,
    split_path: str | Path,
    parameters: dict,
    model_path: str | Path,
    history_path: str | Path,
    tensorboard_dir: str | Path,
    device: str = "cpu",
    threads: int = 1,
) -> dict[int, mlp.Model]:
    """Fit the probe on each fold of a split, and write the models, the history and TensorBoard's event files.

    Tracks of the split that have no embedding are left out, counted in the log and in the model's facts.

    Raises
    ------
    ValueError
        Where a fold cannot be trained, with the fold and the files named.
    """
    rows, embeddings = items.read_embeddings(embeddings_path)

    def fit_fold(parts: dict, split: dict) -> tuple[mlp.Model, list[dict], int]:
        arrays, n_missing = _arrays(parts, rows, embeddings, split)
        kind = split["task_type"]
        return *training.fit(*arrays, split["classes"], kind, parameters, device, log_epoch, threads), n_missing

    models, history = fit_folds(fit_fold, embeddings_path, split_path, parameters["save_criterion"])
    write(models, history, model_path, history_path, tensorboard_dir)
    return models


def fit_folds(
    fit_fold: Callable, embeddings_path: str | Path, split_path: str | Path, criterion: str
) -> tuple[dict[int, mlp.Model], dict[int, list[dict]]]:
    """The models and the history of each fold, by `fit_fold(parts, split) -> (model, history, n_without_embedding)`.

    Raises
    ------
    ValueError
        Where a fold cannot be trained, with the fold and the files named.
    """
    folds, split = items.read_split(split_path)
    models, history = {}, {}
    for fold, parts in folds.items():
        try:
            models[fold], history[fold], n_missing = fit_fold(parts, split)
        except ValueError as error:
            raise SoundcheckError(f"fold {fold} of {split_path} with {embeddings_path}: {error}") from error
        facts = models[fold].facts
        log.info("fold %d: %d training and %d validation items", fold, facts["n_train"], facts["n_validation"])
        if n_missing:
            log.warning("fold %d: %d tracks of the split have no embedding and are left out", fold, n_missing)
        facts["n_without_embedding"] = n_missing
        for seed, epoch, value in zip(models[fold].seeds, facts["best_epoch"], facts["best_value"], strict=True):
            log.info("fold %d, seed %d: best epoch %d, %s %.4f", fold, seed, epoch, criterion, value)
    return models, history


def write(
    models: dict[int, mlp.Model],
    history: dict[int, list[dict]],
    model_path: str | Path,
    history_path: str | Path,
    tensorboard_dir: str | Path,
) -> None:
    """Write models, history and TensorBoard's event files."""
    course.write_history(history, history_path)
    course.write_tensorboard(history, tensorboard_dir)
    mlp.save(models, model_path)


def _arrays(parts: dict, rows: dict[str, slice], embeddings: np.ndarray, split: dict) -> tuple[list[np.ndarray], int]:
    """X, y, X_val, y_val of a fold, and how many of its tracks have no embedding."""
    arrays, n_missing = [], 0
    for part in ("train", "validation"):
        labels = parts.get(part, {})
        present, missing = items.join(labels, rows)
        y = items.indicators([labels[track_id] for track_id in present], split["classes"], split["task_type"])
        X, counts = items.take(present, rows, embeddings)
        # Where a track has several rows, its frames, each is an item with the labels of the track.
        arrays += [X, np.repeat(y.astype(np.float32), counts, axis=0)]
        n_missing += len(missing)
    return arrays, n_missing


def log_epoch(rows: list[dict]) -> None:
    """Note the history rows of an epoch."""
    for row in rows:
        log.debug("%s", row)
