"""The items of a task: the tracks that it applies to, with their labels, targets or events, and why others are out."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa

from soundcheck.datasets.splits.stratification import quantile_bins
from soundcheck.events import number
from soundcheck.plumbing.errors import SoundcheckError, plural, several
from soundcheck.tasks import TaskType


def items_of(
    tracks: pa.Table | pd.DataFrame, labels: Sequence, kind: TaskType, name: str
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Tracks that the task applies to (track_id, group, label, reason), sorted by id; and how many were not taken."""
    frame = tracks.select(["track_id", "group", "left_out"]).to_pandas() if isinstance(tracks, pa.Table) else tracks
    labels = list(labels)
    if len(labels) != len(frame):
        raise SoundcheckError(f"{name}: {len(labels)} labels for {len(frame)} tracks.")
    left_out = frame["left_out"].notna() if "left_out" in frame else np.zeros(len(frame), dtype=bool)
    rows = []
    n_not_applicable = 0
    for track_id, group, out, label in zip(frame["track_id"], frame["group"], left_out, labels, strict=True):
        if out:
            continue
        if label is None:
            n_not_applicable += 1
            continue
        reason = label if isinstance(label, str) else None
        label = [] if reason else list(label) if kind.has_numbers else sorted(set(label))
        if reason is None and kind.has_one_label and len(label) != 1:
            reason = (
                f"has {len(label)} labels ({', '.join(label)}), and the task is multiclass" if label else "no label"
            )
        rows.append((track_id, group if isinstance(group, str) else None, label, reason))
    items = pd.DataFrame(rows, columns=["track_id", "group", "label", "reason"], dtype=object)
    twice = items["track_id"][items["track_id"].duplicated()]
    if len(twice):
        raise SoundcheckError(f"{name}: track ids are not unique: {several(twice)}.")
    items = items.sort_values("track_id", ignore_index=True)
    n_left_out = int(np.sum(left_out))
    if items.empty:
        raise SoundcheckError(
            f"{name}: no track is left for this task: of {len(frame)}, {n_left_out} cannot be used (see the table of "
            f"tracks) and {n_not_applicable} have no label for it."
        )
    return items, {"n_tracks_left_out": n_left_out, "n_not_applicable": n_not_applicable}


def read_numbers(items: pd.DataFrame, targets: Sequence[str] | None, task: str) -> list[str]:
    """Make the labels numbers that read back exactly, and note the bin of each in `strata`; returns the targets' names.

    What is no finite number, and what has another number of them than there are targets, is left out; changes `items`.
    """
    # A track without any value does not say how many there are.
    lengths = Counter(len(label) for label in items["label"] if label)
    usual = max(lengths, key=lambda length: (lengths[length], length), default=1)
    targets = targets or ([task] if usual == 1 else [f"{task} {number}" for number in range(1, usual + 1)])
    numbers = []
    for row, label in enumerate(items["label"]):
        reason = items.at[row, "reason"] or _why_no_numbers(label, len(targets))
        items.at[row, "reason"] = reason
        numbers.append([] if reason else [number(str(each)) for each in label])
    items["label"] = pd.Series([[repr(each) for each in label] for label in numbers], dtype=object)
    bins = quantile_bins(np.array([label for label in numbers if label]).reshape(-1, len(targets)))
    rows = iter(bins.tolist())
    strata = [[f"{target} {each}" for target, each in enumerate(next(rows))] if label else [] for label in numbers]
    items["strata"] = pd.Series(strata, dtype=object)
    return list(targets)


def _why_no_numbers(label: Sequence, n_targets: int) -> str | None:
    """The reason why labels are not the numbers that a regression needs."""
    if len(label) != n_targets:
        return f"has {plural(len(label), 'value')}, not {plural(n_targets, 'value')}" if label else "no value"
    for each in label:
        try:
            number(str(each))
        except ValueError as problem:
            return str(problem)
    return None
