"""Fitting a probe on frames for event detection, and choosing what makes events of its scores."""

import itertools
import logging
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from soundcheck.probing import items, kinds
from soundcheck.probing.detection import Frames
from soundcheck.probing.fitting import log_epoch, log_items
from soundcheck.probing.probe import Model
from soundcheck.scoring import labels, metrics
from soundcheck.tasks import TASK_TYPES

log = logging.getLogger(__name__)


def fold_fitter(
    embeddings_path: str | Path, split_path: str | Path, parameters: dict, device: str, threads: int
) -> Callable:
    """What fits a fold on frames; see `fitting.fit_probe`.

    For each seed, the pair of `parameters["postprocessing"]` that scores best on the validation tracks is kept in the
    model's facts; of equally good ones that with the longest filter, then the longest duration.
    """
    frames = Frames(embeddings_path, split_path)
    kind = parameters["kind"]
    fit, predict = kinds.trainer_of(kind).fit, kinds.model_of(kind).predict

    def fit_fold(fold: int, parts: dict, split: dict) -> tuple[Model, list[dict], int]:
        arrays, n_missing, present = [], 0, {}
        for part in ("train", "validation"):
            present[part], missing = items.join(parts.get(part, {}), frames.rows)
            arrays += frames.of(present[part], split["classes"])
            n_missing += len(missing)
        trained_as = TASK_TYPES[split["task_type"]].trained_as
        log_items(fold, arrays)
        model, history = fit(*arrays, split["classes"], trained_as, parameters, device, log_epoch, threads)
        scores = [frames.scored(track_id, model, predict) for track_id in present["validation"]]
        grid = parameters["postprocessing"]
        model.facts["postprocessing"] = _chosen(model, scores, frames, present["validation"], grid)
        _log_choices(fold, model)
        return model, history, n_missing

    return fit_fold


def _log_choices(fold: int, model: Model) -> None:
    for seed, choice in zip(model.seeds, model.facts["postprocessing"], strict=True):
        log.info(
            "fold %d, seed %d: median filter of %g ms, events of at least %g ms: %s %s on validation tracks",
            *(fold, seed, *(choice[key] for key in ("median_filter_ms", "min_duration_ms", "metric"))),
            "without a value" if choice["value"] is None else f"{choice['value']:.4f}",
        )


def _chosen(model: Model, scores: list[np.ndarray], frames: Frames, track_ids: Sequence[str], grid: dict) -> list[dict]:
    """For each seed the best `median_filter_ms` and `min_duration_ms`, with their `value` on the validation tracks.

    `scores` has those of each track's frames, (n_seeds, n_frames, n_classes).
    """
    metric, sign = metrics.metric(grid["choose_by"]), metrics.sign(grid["choose_by"])
    pairs = itertools.product(*(sorted(grid[key], reverse=True) for key in ("median_filter_ms", "min_duration_ms")))
    choices = [{"median_filter_ms": median, "min_duration_ms": shortest} for median, shortest in pairs]
    truth = labels.as_objects([frames.events[track_id] for track_id in track_ids])
    best = []
    for place in range(len(model.seeds)):
        tried = []
        for choice in choices:
            found = [
                frames.detected(track_id, each[place], model.classes, choice)
                for track_id, each in zip(track_ids, scores, strict=True)
            ]
            value = metric(truth, labels.as_objects(found), model.classes)[0]
            tried.append({**choice, "metric": grid["choose_by"], "value": None if np.isnan(value) else value})
        # The first of the best: the longest come first.
        best.append(max(tried, key=lambda each: -np.inf if each["value"] is None else sign * each["value"]))
    return best
