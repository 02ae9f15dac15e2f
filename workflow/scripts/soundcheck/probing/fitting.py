"""Fitting a probe on clean embeddings: every fold of a split, every seed."""

import logging
from pathlib import Path

from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.probing import choices, items
from soundcheck.probing import history as course
from soundcheck.probing.mlp import model as mlp

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

    A module for a type of task (`choices.fitting_module`) has a function `fold_fitter(embeddings_path, split_path,
    parameters, device, threads)`, which returns a function `(fold, parts, metadata of the split) -> (model, history,
    n_tracks_without_embedding)`.

    Raises
    ------
    ValueError
        Where a fold cannot be trained, with the fold and the files named.
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


def log_epoch(rows: list[dict]) -> None:
    """Note the history rows of an epoch."""
    for row in rows:
        log.debug("%s", row)
