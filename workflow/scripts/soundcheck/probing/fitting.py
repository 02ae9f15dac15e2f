"""Fitting a probe on clean embeddings: every fold of a split, every seed."""

import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np

from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.probing import history as course
from soundcheck.probing import items
from soundcheck.probing.mlp import model as mlp
from soundcheck.probing.mlp import training
from soundcheck.scoring.labels import indicators
from soundcheck.tasks import TASK_TYPES

log = logging.getLogger(__name__)


def of_tracks(
    embeddings_path: str | Path, split_path: str | Path, parameters: dict, device: str, threads: int
) -> Callable:
    """What fits a fold on tracks, or on frames with the labels of their tracks; see `fit_probe`."""
    rows, embeddings = items.read_embeddings(embeddings_path)

    def fit_fold(fold: int, parts: dict, split: dict) -> tuple[mlp.Model, list[dict], int]:
        arrays, n_missing = _arrays(parts, rows, embeddings, split)
        kind = split["task_type"]
        return *training.fit(*arrays, split["classes"], kind, parameters, device, log_epoch, threads), n_missing

    return fit_fold


def fit_probe(
    embeddings_path: str | Path,
    split_path: str | Path,
    parameters: dict,
    model_path: str | Path,
    history_path: str | Path,
    tensorboard_dir: str | Path,
    device: str = "cpu",
    threads: int = 1,
    fold_fitter: Callable = of_tracks,
) -> dict[int, mlp.Model]:
    """Fit the probe on each fold of a split, and write the models, the history and TensorBoard's event files.

    Tracks of the split that have no embedding are left out, counted in the log and in the model's facts. `fold_fitter`
    gives, of the paths, `parameters`, `device` and `threads`, a function `(fold, parts, metadata of the split) ->
    (model, history, n_tracks_without_embedding)`.

    Raises
    ------
    ValueError
        Where a fold cannot be trained, with the fold and the files named.
    """
    fit_fold = fold_fitter(embeddings_path, split_path, parameters, device, threads)
    folds, split = items.read_split(split_path)
    models, history = {}, {}
    for fold, parts in folds.items():
        try:
            models[fold], history[fold], n_missing = fit_fold(fold, parts, split)
        except ValueError as error:
            raise SoundcheckError(f"fold {fold} of {split_path} with {embeddings_path}: {error}") from error
        models[fold].facts["n_without_embedding"] = n_missing
        _log_fold(fold, models[fold], parameters["save_criterion"])
    course.write_history(history, history_path)
    course.write_tensorboard(history, tensorboard_dir)
    mlp.save(models, model_path)
    return models


def _log_fold(fold: int, model: mlp.Model, criterion: str) -> None:
    facts = model.facts
    log.info("fold %d: %d training and %d validation items", fold, facts["n_train"], facts["n_validation"])
    if n_missing := facts["n_without_embedding"]:
        log.warning("fold %d: %d tracks of the split have no embedding and are left out", fold, n_missing)
    for seed, epoch, value in zip(model.seeds, facts["best_epoch"], facts["best_value"], strict=True):
        log.info("fold %d, seed %d: best epoch %d, %s %.4f", fold, seed, epoch, criterion, value)


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


def log_epoch(rows: list[dict]) -> None:
    """Note the history rows of an epoch."""
    for row in rows:
        log.debug("%s", row)
