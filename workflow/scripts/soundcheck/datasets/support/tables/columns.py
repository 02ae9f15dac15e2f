"""What the columns of a table of tracks mean: paths, labels and events; and advice on other names."""

import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from soundcheck.datasets.support.characters import tidy
from soundcheck.events import fault
from soundcheck.plumbing.errors import SoundcheckError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

PATHS = ("file_name", "filename", "file", "filepath", "file_path", "audio_path", "audio_file", "audio", "fname")
# A track without tags is one as well; one without a label is not.
_MAY_BE_EMPTY = ("labels", "tags")
# What YAML reads as itself, without quotation marks.
_PLAIN = re.compile(r"(?!(?:true|false|yes|no|on|off|null|y|n)$)[A-Za-z_][\w .-]*\w|[A-Za-z]", re.IGNORECASE)
COLUMNS = ("path", "file_name", "label", "labels", "split", "part", "fold", "group", "track_id")


def label_columns(path: Path, columns: list[str], label: str | Sequence[str]) -> list[str]:
    """What `label` asks for; else the column `label` or `labels`; else the only other one."""
    there = f"its columns are {', '.join(columns)}"
    if {"split", "part"} <= set(columns):
        raise SoundcheckError(f"{path}: has both 'split' and 'part'; keep one of them.")
    if label:
        asked = [tidy(name) for name in ([label] if isinstance(label, str) else label)]
        missing = [name for name in asked if name not in columns]
        if missing:
            near = did_you_mean(missing[0], columns)
            raise SoundcheckError(f"{path}: no column '{missing[0]}', for which `label` asks{near}; {there}.")
        return asked
    found = [name for name in ("label", "labels") if name in columns] or [name for name in columns if name == "tags"]
    others = [name for name in columns if name not in COLUMNS]
    if not found and len(others) == 1:
        return others
    if not found:
        nearest = renaming("label", columns)
        raise SoundcheckError(
            f"{path}: no column 'label' or 'labels'; {there}{nearest}. {'' if nearest else _name_it(others)}".strip()
        )
    if len(found) == 2:
        raise SoundcheckError(f"{path}: has both '{found[0]}' and '{found[1]}'; keep one of them.")
    return found


def _name_it(others: list[str]) -> str:
    if not others:
        return "Add one."
    names = [name if _PLAIN.fullmatch(name) else json.dumps(name, ensure_ascii=False) for name in others]
    advice = f"Say which holds the label: `options: {{label: {names[0]}}}`"
    return f"{advice}; or, of tags and targets, which: `options: {{label: [{', '.join(names[:2])}]}}`."


def renaming(wanted: str, columns: list[str]) -> str:
    """Advice to rename the column whose name is nearest to the wanted one; empty where none is near."""
    nearest = did_you_mean(wanted, [name for name in columns if name not in COLUMNS])
    return nearest.replace("did you mean", f"is '{wanted}' meant by").replace("?)", "? Then rename it)")


def labels_of(rows: list[dict], columns: list[str]) -> tuple[list[list[str] | None], list[str | None]]:
    """The labels of each row; and why it has none, where it needs one."""
    if len(columns) == 1:
        labels = [_split_label(row[columns[0]], columns[0]) for row in rows]
    else:
        labels = [[str(row[column]) for column in columns] for row in rows]
    reasons = []
    for row in rows:
        empty = [column for column in columns if column not in _MAY_BE_EMPTY and _is_empty(row[column])]
        reasons.append(f"no '{empty[0]}'" if empty else None)
    return [None if reason else label for label, reason in zip(labels, reasons, strict=True)], reasons


def _is_empty(cell: str | list[str]) -> bool:
    return isinstance(cell, str) and not tidy(cell)


def _split_label(cell: str | list[str], column: str) -> list[str]:
    if isinstance(cell, list):
        return [label for label in cell if label]
    return [label.strip() for label in cell.split("|") if label.strip()] if column in _MAY_BE_EMPTY else [cell]


def with_faults(tracks: "pd.DataFrame") -> "pd.Series":
    """The column `events`, (n_tracks,): lists of events, None, or in their place the reason why they cannot be."""
    import pandas as pd

    durations = tracks["duration_s"] if "duration_s" in tracks else [math.nan] * len(tracks)
    values = []
    for events, duration_s in zip(tracks["events"], durations, strict=True):
        own = None if events is None or isinstance(events, float) else list(events)
        values.append(own if own is None else fault(own, duration_s) or own)
    return pd.Series(values, index=tracks.index, dtype=object)
