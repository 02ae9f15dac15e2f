"""Fitting a probe on clean embeddings: every fold of a split, every seed."""

import logging
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
    folds, split = items.read_split(split_path)
    models, history = {}, {}
    for fold, parts in folds.items():
        arrays, n_missing = _arrays(parts, rows, embeddings, split)
        n_train, n_validation = len(arrays[0]), len(arrays[2])
        log.info("fold %d: %d training and %d validation items", fold, n_train, n_validation)
        if n_missing:
            log.warning("fold %d: %d tracks of the split have no embedding and are left out", fold, n_missing)
        try:
            models[fold], history[fold] = training.fit(
                *arrays, split["classes"], split["task_type"], parameters, device, _log_epoch, threads
            )
        except ValueError as error:
            raise SoundcheckError(f"fold {fold} of {split_path} with {embeddings_path}: {error}") from error
        models[fold].facts["n_without_embedding"] = n_missing
        best = zip(models[fold].seeds, models[fold].facts["best_epoch"], models[fold].facts["best_value"], strict=True)
        for seed, epoch, value in best:
            log.info("fold %d, seed %d: best epoch %d, %s %.4f", fold, seed, epoch, parameters["save_criterion"], value)
    course.write_history(history, history_path)
    course.write_tensorboard(history, tensorboard_dir)
    mlp.save(models, model_path)
    return models


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


def _log_epoch(rows: list[dict]) -> None:
    for row in rows:
        log.debug("%s", row)
