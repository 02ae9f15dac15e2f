"""What the columns of a table of tracks mean: labels, parts, folds, events; and advice on other names."""

import math
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from soundcheck.datasets.support.tables import files
from soundcheck.datasets.support.tables.audiofolder import PARTS
from soundcheck.events import fault
from soundcheck.plumbing.errors import SoundcheckError, did_you_mean, several

PATHS = ("file_name", "filename", "file", "filepath", "file_path", "audio_path", "audio_file", "audio", "fname")
# A track without tags is one as well; one without a label is not.
_MAY_BE_EMPTY = ("labels", "tags")
COLUMNS = ("path", "file_name", "label", "labels", "split", "part", "fold", "group", "track_id")


def label_columns(path: Path, columns: list[str], label: str | Sequence[str]) -> list[str]:
    """What `label` asks for; else the column `label` or `labels`; else the only other one."""
    there = f"its columns are {', '.join(columns)}"
    if {"split", "part"} <= set(columns):
        raise SoundcheckError(f"{path}: has both 'split' and 'part'; keep one of them.")
    if label:
        asked = [label] if isinstance(label, str) else list(label)
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
    advice = f"Say which holds the label: `options: {{label: {others[0]}}}`"
    return f"{advice}; or, of tags and targets, which: `options: {{label: [{', '.join(others[:2])}]}}`."


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
        empty = [column for column in columns if column not in _MAY_BE_EMPTY and row[column] == ""]
        reasons.append(f"no '{empty[0]}'" if empty else None)
    return [None if reason else label for label, reason in zip(labels, reasons, strict=True)], reasons


def _split_label(cell: str | list[str], column: str) -> list[str]:
    if isinstance(cell, list):
        return [label for label in cell if label]
    return [label.strip() for label in cell.split("|") if label.strip()] if column in _MAY_BE_EMPTY else [cell]


def parts_of(path: Path, rows: list[dict], column: str | None) -> list[str | None]:
    """The part of each row: train, validation or test. Raises SoundcheckError for any other."""
    if column is None:
        return [None] * len(rows)
    unknown = [row for row in rows if row[column] and row[column].lower() not in PARTS]
    if unknown:
        name = unknown[0][column]
        numbers = several(row[files.ROW] for row in unknown)
        are_folds = all(row[column].isdecimal() for row in unknown)
        advice = "; whole numbers are folds: name the column 'fold'" if are_folds else did_you_mean(name, PARTS)
        raise SoundcheckError(
            f"{path}, rows {numbers}: unknown part '{name}' in column '{column}'{advice}; "
            f"parts are {', '.join(PARTS)}, or empty."
        )
    return [PARTS[row[column].lower()] if row[column] else None for row in rows]


def folds_of(path: Path, rows: list[dict]) -> list[str | None]:
    """The fold of each row. Raises SoundcheckError for what is no whole number, and for fewer than three."""
    strange = [row for row in rows if row["fold"] and not str(row["fold"]).isdecimal()]
    if strange:
        raise SoundcheckError(
            f"{path}, row {strange[0][files.ROW]}: column 'fold' holds '{strange[0]['fold']}', no whole number. "
            "Folds are numbered; parts such as train and test stand in a column 'split'."
        )
    numbers = {row["fold"] for row in rows if row["fold"]}
    if len(numbers) in (1, 2):
        raise SoundcheckError(
            f"{path}: column 'fold' has {len(numbers)} of at least three folds that it takes to train, validate and "
            "test. Remove the column, and parts are drawn; or name the parts in a column 'split'."
        )
    return [row["fold"] or None for row in rows]


def with_faults(tracks: pd.DataFrame) -> pd.Series:
    """The column `events`, (n_tracks,): lists of events, None, or in their place the reason why they cannot be."""
    durations = tracks["duration_s"] if "duration_s" in tracks else [math.nan] * len(tracks)
    values = []
    for events, duration_s in zip(tracks["events"], durations, strict=True):
        own = None if events is None or isinstance(events, float) else list(events)
        values.append(own if own is None else fault(own, duration_s) or own)
    return pd.Series(values, index=tracks.index, dtype=object)
