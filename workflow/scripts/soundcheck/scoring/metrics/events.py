"""Metrics of event detection, with the conventions of sed_eval: counts over all tracks and labels (micro).

Conventions
-----------
`y_true` and `y_score` are (n,) arrays of objects, one a track: its true and its estimated events, each the text
`onset<TAB>offset<TAB>label` in seconds. Everything is counted by track once; a resample weights the counts. See
`soundcheck.scoring.metrics` for the signature.

Events of the same track and label are matched so that most pairs are found (mir_eval's maximum bipartite matching).
Differences of times are rounded to a tenth of a millisecond: floating point decides nothing at a tolerance's edge.

Source: A. Mesaros, T. Heittola and T. Virtanen, "Metrics for Polyphonic Sound Event Detection", Applied Sciences 6(6),
2016; sed_eval's `EventBasedMetrics` and `SegmentBasedMetrics` (github.com/TUT-ARG/sed_eval), with the parameters of the
HEAR benchmark's `available_scores` (github.com/hearbenchmark/hear-eval-kit, `heareval/score.py`).
"""

import math
from collections.abc import Callable, Sequence

import numpy as np
from mir_eval import transcription

from soundcheck.events import parsed

# Intervals of mir_eval must not be empty; less than it tells apart.
_SHORTEST_S = 1e-6


def event_onset_200ms(
    y_true: np.ndarray, y_score: np.ndarray, labels: Sequence[str], weights: np.ndarray | None = None
) -> tuple[float | np.ndarray, np.ndarray]:
    """F-measure of events whose onsets are at most 0.2 s apart, and that of each label. HEAR: event_onset_200ms_fms.

    NaN where there is neither a true nor an estimated event; 0 where there is only one of them.
    """
    return _f_measure(lambda true, found: _onsets(true, found, 0.2), y_true, y_score, labels, weights)


def event_onset_50ms(
    y_true: np.ndarray, y_score: np.ndarray, labels: Sequence[str], weights: np.ndarray | None = None
) -> tuple[float | np.ndarray, np.ndarray]:
    """The same with onsets at most 0.05 s apart. HEAR: event_onset_50ms_fms."""
    return _f_measure(lambda true, found: _onsets(true, found, 0.05), y_true, y_score, labels, weights)


def event_onset_offset_50ms(
    y_true: np.ndarray, y_score: np.ndarray, labels: Sequence[str], weights: np.ndarray | None = None
) -> tuple[float | np.ndarray, np.ndarray]:
    """The same, with offsets that are also near: at most 0.05 s, or a fifth of the true event's length, apart.

    HEAR: event_onset_offset_50ms_20perc_fms.
    """
    return _f_measure(_onsets_and_offsets, y_true, y_score, labels, weights)


def segment_error_rate(
    y_true: np.ndarray, y_score: np.ndarray, labels: Sequence[str], weights: np.ndarray | None = None
) -> tuple[float | np.ndarray, None]:
    """Substitutions, deletions and insertions in segments of 1 s, for each true label in a segment.

    HEAR: segment_1s_er. In a segment, labels that only the truth has and labels that only the estimate has are
    substitutions, pair by pair; what is left over are deletions or insertions. Lower is better, and more than 1 is
    possible. NaN where there is no true event. It has no value per label: a substitution is of two.
    """
    n_labels = len(labels)
    counts = np.zeros((len(y_true), 2))
    for row, (true, found) in enumerate(zip(y_true, y_score, strict=True)):
        true, found = (_active(_by_label(events, labels), n_labels) for events in (true, found))
        length = max(len(true), len(found))
        true, found = (np.pad(active, ((0, length - len(active)), (0, 0))) for active in (true, found))
        missed, added = (true & ~found).sum(axis=1), (found & ~true).sum(axis=1)
        counts[row] = np.maximum(missed, added).sum(), true.sum()
    errors, reference = _weighted(counts, weights).T
    value = _ratio(errors, reference)
    return (float(value[0]), None) if weights is None else (value, None)


def _f_measure(
    match: Callable, y_true: np.ndarray, y_score: np.ndarray, labels: Sequence[str], weights: np.ndarray | None
) -> tuple[float | np.ndarray, np.ndarray]:
    counts = np.zeros((len(y_true), len(labels), 2))
    for row, (true, found) in enumerate(zip(y_true, y_score, strict=True)):
        true, found = _by_label(true, labels), _by_label(found, labels)
        for place, (own, estimated) in enumerate(zip(true, found, strict=True)):
            matched = len(match(own, estimated)) if len(own) and len(estimated) else 0
            counts[row, place] = 2 * matched, len(own) + len(estimated)
    sums = _weighted(counts.reshape(len(y_true), -1), weights).reshape(-1, len(labels), 2)
    value = _ratio(*sums.sum(axis=1).T)
    per_label = _ratio(sums[..., 0], sums[..., 1])
    return (float(value[0]), per_label[0]) if weights is None else (value, per_label)


def _by_label(events: Sequence[str], labels: Sequence[str]) -> list[np.ndarray]:
    """The times (n, 2) of each label's events; those of other labels are passed over."""
    times: dict[str, list] = {label: [] for label in labels}
    for onset_s, offset_s, label in map(parsed, events):
        if label in times:
            times[label].append((onset_s, offset_s))
    return [np.array(found, float).reshape(-1, 2) for found in times.values()]


def _onsets(true: np.ndarray, found: np.ndarray, tolerance_s: float) -> list:
    return transcription.match_note_onsets(true, found, onset_tolerance=tolerance_s)


def _onsets_and_offsets(true: np.ndarray, found: np.ndarray) -> list:
    true = np.maximum(true, true[:, :1] + [0, _SHORTEST_S])
    # Events of one label are notes of one pitch.
    pitches = np.ones(len(true)), np.ones(len(found))
    return transcription.match_notes(
        true, pitches[0], found, pitches[1], onset_tolerance=0.05, offset_ratio=0.2, offset_min_tolerance=0.05
    )


def _active(times: Sequence[np.ndarray], n_labels: int) -> np.ndarray:
    """Which label sounds in which second, (n_seconds, n_labels): from that of its onset to that of its offset."""
    last = max((found[:, 1].max() for found in times if len(found)), default=0)
    active = np.zeros((math.ceil(last), n_labels), bool)
    for place, found in enumerate(times):
        for onset_s, offset_s in found:
            active[math.floor(onset_s) : math.ceil(offset_s), place] = True
    return active


def _weighted(counts: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Sums over the tracks of counts (n, k), whole and so exact: (n_resamples, k), or (1, k) without weights."""
    return counts.sum(axis=0)[None] if weights is None else weights.astype(np.float64) @ counts


def _ratio(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)
