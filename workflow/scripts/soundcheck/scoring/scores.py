"""Scores, computed from predictions alone."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.scoring import metrics
from soundcheck.scoring.bootstrap import percentile_interval, resample_counts
from soundcheck.scoring.labels import as_objects, indicators
from soundcheck.scoring.metrics import means
from soundcheck.scoring.metrics.classification import confusion
from soundcheck.scoring.table import AXES, COLUMNS, MEAN
from soundcheck.seeds import seed_for
from soundcheck.tasks import TASK_TYPES


@dataclass
class _Fold:
    """The test items of one fold: (n,) track ids, (n, n_classes) truth, (n, n_classes) scores by seed, resamples.

    `has` (n, n_classes) says which item has which label; None of numbers, which are no labels to have. In event
    detection truth and scores are (n,) lists of events.
    """

    fold: int
    track_ids: np.ndarray
    has: np.ndarray | None
    truth: np.ndarray
    scores: dict[int, np.ndarray]
    weights: np.ndarray


@dataclass
class _Measured:
    """One metric of one fold and seed: on the items themselves, and on each resample."""

    value: float
    per_label: np.ndarray | None
    values: np.ndarray
    per_labels: np.ndarray | None


def scores_from_predictions(
    table: pa.Table, metadata: dict, metric_names: Sequence[str], n_resamples: int, seed: int
) -> list[dict]:
    """The score rows (dictionaries with the keys `COLUMNS`; None where a column is empty) of a predictions' table.

    For each metric: a row per fold and seed; the mean over both with its bootstrap interval over the test items and
    the deviation over seeds; for metrics with values per label, the same aggregate for each label, where n is the
    number of test items that have the label. Bootstrap resamples depend on dataset, task, split and fold alone, so
    that all embedders, probes and conditions are compared on the same ones.
    """
    classes = metadata["classes"]
    folds = _folds(table, metadata, n_resamples, seed)
    axes = {axis: metadata[axis] for axis in AXES}
    rows = []
    for name in metric_names:
        is_matrix = metrics.described(name).is_matrix
        found = _confusion(folds, classes) if is_matrix else _metric(metrics.metric(name), folds, classes)
        rows += [{**dict.fromkeys(COLUMNS), **axes, "metric": name, **row} for row in found]
    return rows


def _folds(table: pa.Table, metadata: dict, n_resamples: int, seed: int) -> list[_Fold]:
    classes = metadata["classes"]
    track_ids = np.array(table["track_id"].to_pylist(), dtype=object)
    fold_of, seed_of = table["fold"].to_numpy(), table["seed"].to_numpy()
    kind = TASK_TYPES[metadata["task_type"]]
    if kind.has_times:
        events, values = (as_objects(table[name].to_pylist()) for name in ("events", "predicted"))
    else:
        values = table["score"].combine_chunks().flatten().to_numpy(zero_copy_only=False).reshape(-1, len(classes))
    folds = []
    for fold in map(int, np.unique(fold_of)):
        seeds = list(map(int, np.unique(seed_of[fold_of == fold])))
        places = {number: np.flatnonzero((fold_of == fold) & (seed_of == number)) for number in seeds}
        first = places[seeds[0]]
        if any(not np.array_equal(track_ids[first], track_ids[places[number]]) for number in seeds):
            raise SoundcheckError(f"fold {fold}: the seeds were not tested on the same tracks in the same order")
        labels = indicators(table["label"].take(pa.array(first)).to_pylist(), classes, kind)
        missing = metadata.get("not_evaluated", {}).get(str(fold), [])
        names = (metadata["dataset"], metadata["task"], metadata["split"], fold)
        weights = _resamples(track_ids[first], missing, n_resamples, seed_for(seed, *names))
        scores = {number: values[at] for number, at in places.items()}
        truth = events[first] if kind.has_times else labels
        has = labels if labels.dtype == bool else None
        folds.append(_Fold(fold, track_ids[first], has, truth, scores, weights))
    return folds


def _resamples(track_ids: np.ndarray, missing: list[str], n_resamples: int, seed: int) -> np.ndarray:
    """Counts (n_resamples, n) of the evaluated tracks, drawn among all test tracks.

    Drawn among all, so that an embedder that lacks a track still shares the resamples of the others.
    """
    every = sorted([*track_ids, *missing])
    place = {track_id: i for i, track_id in enumerate(every)}
    counts = resample_counts(len(every), n_resamples, seed)
    return counts[:, [place[track_id] for track_id in track_ids]]


def _metric(metric: Callable, folds: list[_Fold], classes: Sequence[str]) -> list[dict]:
    measured = {
        (fold.fold, seed): _measured(metric, fold.truth, scores, classes, fold.weights)
        for fold in folds
        for seed, scores in fold.scores.items()
    }
    rows: list[dict] = [
        {"fold": fold.fold, "seed": seed, "value": _number(measured[fold.fold, seed].value), "n": len(fold.track_ids)}
        for fold in folds
        for seed in fold.scores
    ]
    keys = list(measured)
    values = np.array([measured[key].value for key in keys])
    resampled = np.stack([measured[key].values for key in keys])
    rows.append(_aggregate(keys, values, resampled, n=_distinct(folds)))
    with_labels = [(each.per_label, each.per_labels) for each in measured.values()]
    if with_labels[0][0] is not None:
        per_label, resampled = (np.stack(arrays) for arrays in zip(*with_labels, strict=True))
        for i, label in enumerate(classes):
            row = _aggregate(keys, per_label[:, i], resampled[:, :, i], n=_distinct(folds, i))
            rows.append({"label": label, **row})
    return rows


def _measured(
    metric: Callable, truth: np.ndarray, scores: np.ndarray, classes: Sequence[str], weights: np.ndarray
) -> _Measured:
    if truth.dtype == object:
        # Matching events takes longer than weighting what was counted: once for the items and all resamples.
        values, per_labels = metric(truth, scores, classes, np.concatenate([np.ones_like(weights[:1]), weights]))
        each = (None, None) if per_labels is None else (per_labels[0], per_labels[1:])
        return _Measured(float(values[0]), each[0], values[1:], each[1])
    value, per_label = metric(truth, scores, classes)
    values, per_labels = metric(truth, scores, classes, weights)
    return _Measured(value, per_label, values, per_labels)


def _aggregate(keys: list[tuple[int, int]], values: np.ndarray, resampled: np.ndarray, n: int) -> dict:
    """The row of the mean over folds and seeds: `values` (n_keys,), `resampled` (n_keys, n_resamples)."""
    low, high = percentile_interval(means.mean_of_defined(resampled, axis=0))
    seeds = sorted({seed for _, seed in keys})
    by_seed = [
        means.mean_of_defined(values[[i for i, key in enumerate(keys) if key[1] == seed]], axis=0) for seed in seeds
    ]
    return {
        "fold": MEAN,
        "seed": MEAN,
        "value": _number(means.mean_of_defined(values)),
        "low": _number(low),
        "high": _number(high),
        "seed_std": _number(np.std(by_seed, ddof=1)) if len(seeds) > 1 else None,
        "n": n,
    }


def _confusion(folds: list[_Fold], classes: Sequence[str]) -> list[dict]:
    counts = sum(
        np.mean([confusion(fold.truth, scores, classes) for scores in fold.scores.values()], axis=0) for fold in folds
    )
    return [
        {
            "label": classes[true],
            "predicted": classes[predicted],
            "fold": MEAN,
            "seed": MEAN,
            "value": float(counts[true, predicted]),
            "n": _distinct(folds, true),
        }
        for true, predicted in np.argwhere(counts > 0).tolist()
    ]


def _distinct(folds: list[_Fold], label: int | None = None) -> int:
    """The number of distinct test items, or of those that have one label."""
    # Each item of a regression has all targets.
    return len(
        {
            item
            for fold in folds
            for item in fold.track_ids[slice(None) if label is None or fold.has is None else fold.has[:, label]]
        }
    )


def _number(value: float | np.ndarray) -> float | None:
    value = float(value)
    return None if math.isnan(value) else value
