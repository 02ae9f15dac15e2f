"""Event detection: labels of frames, and what makes events of the scores that a probe gives them. NumPy and SciPy only.

The recipe is that of the HEAR benchmark's event tasks (J. Turian et al., HEAR: Holistic Evaluation of Audio
Representations, PMLR 176, 2022; github.com/hearbenchmark/hear-eval-kit, `get_labels_for_timestamps` in
`heareval/embeddings/task_embeddings.py`, `create_events_from_prediction` and `EventPredictionModel` in
`heareval/predictions/task_predictions.py`): a frame has the labels of the events that it lies in; a multilabel probe
scores each frame; a median filter over time, a threshold of 0.5, and a shortest duration make events of the scores.
What the filter and the duration are is chosen on the validation tracks, see `soundcheck.probing.fitting.events`.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from scipy.ndimage import median_filter

from soundcheck import parquet
from soundcheck.events import Event, parsed, written
from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.probing import items
from soundcheck.probing.probe import Model

THRESHOLD = 0.5
# A ten-thousandth of a millisecond, by which hear-eval-kit lets events end later so that a frame at the end is inside.
# Here they also begin earlier, for times in seconds are not exact.
_MARGIN_S = 1e-7


def targets(events: Sequence[str], times_s: np.ndarray, classes: Sequence[str]) -> np.ndarray:
    """Which frame has which label, (n_frames, n_classes) bool: those of the events in which its time lies.

    Onsets and offsets are inside. Events of other labels are passed over.
    """
    place = {label: i for i, label in enumerate(classes)}
    result = np.zeros((len(times_s), len(classes)), bool)
    for onset_s, offset_s, label in map(parsed, events):
        if label in place:
            result[(times_s >= onset_s - _MARGIN_S) & (times_s <= offset_s + _MARGIN_S), place[label]] = True
    return result


def events_of(
    scores: np.ndarray, times_s: np.ndarray, classes: Sequence[str], median_filter_ms: float, min_duration_ms: float
) -> list[str]:
    """The events that the scores (n_frames, n_classes) of a track's frames say, in order of their onsets.

    A median filter over about `median_filter_ms` smooths the scores of each label (none where that is less than half a
    hop); each run of frames above 0.5 is an event from its first frame's time to its last one's; what is shorter than
    `min_duration_ms` is dropped.
    """
    order = np.argsort(times_s, kind="stable")
    # As decimals in ms: a quarter of a second is 250 ms wherever it begins.
    times_ms = np.round(1000 * times_s[order], 6)
    scores = scores[order]
    if median_filter_ms and len(times_ms) > 1:
        width = round(median_filter_ms / round(float(np.mean(np.diff(times_ms))), 6))
        scores = median_filter(scores, size=(width, 1)) if width else scores
    active = np.pad(scores > THRESHOLD, ((1, 1), (0, 0))).astype(np.int8)
    change = np.diff(active, axis=0).T
    found = []
    for label, steps in zip(classes, change, strict=True):
        first, last = np.flatnonzero(steps == 1), np.flatnonzero(steps == -1) - 1
        for onset_ms, offset_ms in zip(times_ms[first], times_ms[last], strict=True):
            if offset_ms - onset_ms >= min_duration_ms:
                found.append(Event(float(onset_ms / 1000), float(offset_ms / 1000), label))
    return [written(event) for event in sorted(found)]


class Frames:
    """The frames of a file of embeddings, with their times, and the events of a split's tracks."""

    def __init__(self, embeddings_path: str | Path, split_path: str | Path) -> None:
        """Read both. Raises SoundcheckError where the frames have no times."""
        self.rows, self.embeddings = items.read_embeddings(embeddings_path)
        self.times_s = parquet.read(embeddings_path, columns=["time_s"])["time_s"].to_numpy()
        if not np.isfinite(self.times_s.astype(float)).all():
            track_id = next(each for each in self.rows if not np.isfinite(self._times(each)).all())
            raise SoundcheckError(
                f"{embeddings_path}: the frames of track {track_id!r} have no times, which event detection needs. "
                "Models with a hop have them, `hear` with `use: timestamps`, and `precomputed` tables with a column "
                "time_s; scene embeddings, functions and .npy files have none."
            )
        for track_id, at in self.rows.items():
            if at.stop - at.start > 1 and np.ptp(self._times(track_id)) == 0:
                raise SoundcheckError(f"{embeddings_path}: all frames of track {track_id!r} have the same time")
        split = parquet.read(split_path, columns=["track_id", "events"]).to_pylist()
        self.events = {row["track_id"]: row["events"] or [] for row in split}

    def _times(self, track_id: str) -> np.ndarray:
        return self.times_s[self.rows[track_id]].astype(float)

    def of(self, track_ids: Sequence[str], classes: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """The frames (n_frames, dim) of these tracks, one after the other, and which has which label, float32."""
        X, _ = items.take(track_ids, self.rows, self.embeddings)
        y = [targets(self.events[each], self._times(each), classes) for each in track_ids]
        return X, np.concatenate([np.zeros((0, len(classes)), bool), *y]).astype(np.float32)

    def scored(self, track_id: str, model: Model, predict: Callable) -> np.ndarray:
        """The scores (n_seeds, n_frames, n_classes) of a track's frames; `predict` is that of the kind of probe."""
        return predict(model, self.embeddings[self.rows[track_id]])

    def detected(self, track_id: str, scores: np.ndarray, classes: Sequence[str], choice: dict) -> list[str]:
        """The events of a track, from the scores (n_frames, n_classes) of one seed."""
        return events_of(scores, self._times(track_id), classes, choice["median_filter_ms"], choice["min_duration_ms"])
