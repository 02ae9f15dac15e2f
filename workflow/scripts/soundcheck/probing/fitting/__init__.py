"""Fitting a probe on clean embeddings: every fold of a split, every seed."""

import logging
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import numpy as np

from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.plumbing.jobs.pieces import Piece
from soundcheck.probing import choices, items, kinds
from soundcheck.probing import history as course
from soundcheck.probing.probe import Model

log = logging.getLogger(__name__)


def fitter(kinds_of_probes: Iterable[str], device: str, threads: int) -> Callable[[Piece], object]:
    """What fits a probe: of the embeddings and the split in a piece, the model and the history.

    The settings of the piece have the `parameters` of the probe.
    """
    for kind in kinds_of_probes:
        kinds.trainer_of(kind)
    return partial(_fit_piece, device=device, threads=threads)


def _fit_piece(piece: Piece, device: str, threads: int) -> None:
    (embeddings, split), (model, history) = piece.inputs, piece.outputs
    parameters = piece.settings["parameters"]
    fit_probe(embeddings, split, parameters, kinds.KINDS[parameters["kind"]].path(model), history, device, threads)


def fit_probe(
    embeddings_path: str | Path,
    split_path: str | Path,
    parameters: dict,
    model_path: str | Path,
    history_path: str | Path,
    device: str = "cpu",
    threads: int = 1,
) -> dict[int, Model]:
    """Fit the probe on each fold of a split, and write the models and the history.

    `parameters["kind"]` says which kind of probe it is. Tracks of the split that have no embedding are left out,
    counted in the log and in the model's facts.

    A module for a type of task (`choices.fitting_module`) has a function `fold_fitter(embeddings_path, split_path,
    parameters, device, threads)`, which returns a function `(fold, parts, metadata of the split) -> (model, history,
    n_tracks_without_embedding)`.

    Raises:
        SoundcheckError: a fold cannot be trained; names the fold and the files.
    """
    folds, split = items.read_split(split_path)
    fit_fold = choices.fold_fitter(split["task_type"])(embeddings_path, split_path, parameters, device, threads)
    models, history = {}, {}
    for fold, parts in folds.items():
        try:
            models[fold], history[fold], n_missing = fit_fold(fold, parts, split)
        except ValueError as error:
            raise SoundcheckError(f"fold {fold} of {split_path} with {embeddings_path}: {error}") from error
        models[fold].facts["n_without_embedding"] = n_missing
        _log_fold(fold, n_missing, history[fold], parameters.get("save_criterion"))
    course.write_history(history, history_path)
    kinds.model_of(parameters["kind"]).save(models, model_path)
    return models


def _log_fold(fold: int, n_missing: int, history: list[dict], criterion: str | None) -> None:
    if n_missing:
        log.warning("fold %d: %d tracks of the split have no embedding and are left out", fold, n_missing)
    for row in history:
        if row["best"] and criterion:
            value = row[f"val_{criterion}"]
            log.info("fold %d, seed %d: best epoch %d, %s %.4f", fold, row["seed"], row["epoch"], criterion, value)


def log_items(fold: int, arrays: list[np.ndarray]) -> None:
    """Note on how many items a fold is fitted, of X, y, X_val, y_val."""
    log.info("fold %d: %d training and %d validation items", fold, len(arrays[0]), len(arrays[2]))


def log_epoch(rows: list[dict]) -> None:
    """Note the history rows of an epoch."""
    for row in rows:
        log.debug("%s", row)
