"""What a table says of parts, folds and groups; and hints at columns and folders that name parts, but are not used."""

import re
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import pandas as pd

from soundcheck.datasets.support.characters import tidy
from soundcheck.datasets.support.tables import files
from soundcheck.datasets.support.tables.audiofolder import PARTS
from soundcheck.plumbing.errors import SoundcheckError, did_you_mean, several

# `1`, `01`, `1.0` (pandas, where one is missing), `fold1`, `Fold_01`.
_FOLD = re.compile(r"(?:([A-Za-z]+)[ _-]?)?0*([0-9]{1,9})(\.0+)?")
_NUMBER = re.compile(r"0*([0-9]+)(?:\.0*)?")


def parts_of(path: Path, rows: list[dict], column: str | None) -> list[str | None]:
    """The part of each row: train, validation or test.

    Raises:
        SoundcheckError: a part has any other name.
    """
    if column is None:
        return [None] * len(rows)
    cells = [tidy(row[column]) for row in rows]
    unknown = [place for place, cell in enumerate(cells) if cell and cell.lower() not in PARTS]
    if unknown:
        name = cells[unknown[0]]
        numbers = several(rows[place][files.ROW] for place in unknown)
        are_folds = all(_FOLD.fullmatch(cells[place]) for place in unknown)
        advice = "; whole numbers are folds: name the column 'fold'" if are_folds else did_you_mean(name, PARTS)
        raise SoundcheckError(
            f"{path}, rows {numbers}: unknown part '{name}' in column '{column}'{advice}; "
            f"parts are {', '.join(PARTS)}, or empty."
        )
    return [PARTS[cell.lower()] if cell else None for cell in cells]


def folds_of(path: Path, rows: list[dict]) -> list[str | None]:
    """The number of the fold of each row, as decimals.

    Raises:
        SoundcheckError: a fold is not a whole number, not all are written alike, or there are fewer than three.
    """
    cells = [tidy(row["fold"]) for row in rows]
    matches = [_FOLD.fullmatch(cell) for cell in cells]
    for row, cell, match in zip(rows, cells, matches, strict=True):
        if cell and not match:
            raise SoundcheckError(
                f"{path}, row {row[files.ROW]}: column 'fold' holds '{cell}', which is not a whole "
                "number. Folds are numbered; parts such as train and test go into a column 'split'."
            )
    _refuse_two_spellings(path, rows, cells, matches)
    numbers = {match[2] for match in matches if match}
    if len(numbers) in (1, 2):
        raise SoundcheckError(
            f"{path}: column 'fold' has {len(numbers)} of at least three folds that it takes to train, validate and "
            "test. Remove the column to draw parts at random, or name the parts in a column 'split'."
        )
    return [match[2] if match else None for match in matches]


def _refuse_two_spellings(path: Path, rows: list[dict], cells: list[str], matches: Sequence[re.Match | None]) -> None:
    """Folds `1` and `01`, or `1` and `fold2`, are alike or not: only who made the table knows."""
    there = [
        (row[files.ROW], cell, match)
        for row, cell, match in zip(rows, cells, matches, strict=True)
        if match is not None
    ]
    form = _form(there[0][2]) if there else None
    spelt: dict[str, tuple[str, str]] = {}
    for number, cell, match in there:
        other_number, other = spelt.setdefault(match[2], (number, cell))
        if _form(match) != form:
            other_number, other = there[0][:2]
        elif other.lower() == cell.lower():
            continue
        raise SoundcheckError(
            f"{path}, rows {other_number}, {number}: column 'fold' holds '{other}' and '{cell}', which are not written "
            "alike. Write folds as 1, 2, 3, ..."
        )


def _form(match: re.Match) -> tuple[str, bool]:
    """The word before the number of a fold, and whether the number has decimals."""
    return (match[1] or "").lower(), bool(match[3])


def groups_of(path: Path, rows: list[dict]) -> list[str | None]:
    """The group of each row; those that differ in case alone are one, for one too few is a leak, and one too many none.

    Raises:
        SoundcheckError: one number is written in two ways, such as `3` and `3.0`, which would be two groups.
    """
    cells = [tidy(row.get("group", "")) for row in rows]
    spelt: dict[str, tuple[str, str]] = {}
    for row, cell in zip(rows, cells, strict=True):
        match = _NUMBER.fullmatch(cell)
        other_number, other = spelt.setdefault(match[1], (row[files.ROW], cell)) if match else ("", cell)
        if other != cell:
            raise SoundcheckError(
                f"{path}, rows {other_number}, {row[files.ROW]}: column 'group' holds '{other}' and '{cell}'. Write a "
                "number in one way, or these are two groups."
            )
    # The same name in any order of the rows: who is drawn depends on it.
    names: dict[str, str] = {}
    for cell in sorted(cells):
        names.setdefault(cell.casefold(), cell)
    return [names[cell.casefold()] or None for cell in cells]


def hints(tracks: pd.DataFrame) -> list[str]:
    """What is in a table and not used, though it looks as if it should be; labels that look like none."""
    return [*_unused(tracks), *_missing_labels(tracks)]


def _unused(tracks: pd.DataFrame) -> list[str]:
    """Columns and folders that look like parts, where none are named; folds beside parts."""
    if "csv_fold" in tracks:
        return ["the column 'fold' is not used, because another one names the parts: remove one of the two"]
    if tracks["part"].notna().any() or ("fold" in tracks and tracks["fold"].notna().any()):
        return []
    found = []
    for column in tracks:
        cells = [cell for cell in tracks[column] if isinstance(cell, str)] if column not in _OF_TRACKS else []
        names = sorted({tidy(cell) for cell in cells}, key=str.lower)
        parts = {PARTS.get(name.lower()) for name in names}
        if None not in parts and "train" in parts and len(parts) > 1:
            found.append(
                f"the column '{column}' holds {several(names)}, and is not used. If these are parts, call it 'split'"
            )
        elif "fold" in column.lower() and len(names) > 2 and all(_FOLD.fullmatch(name) for name in names):
            found.append(f"the column '{column}' numbers folds, and is not used. To test each of them, call it 'fold'")
    folders = defaultdict(set)
    for path in tracks["path"]:
        for name in PurePosixPath(path).parts[1:-1]:
            folders[PARTS.get(name.lower())].add(name)
    if {"train", "test"} <= folders.keys():
        names = sorted({name for part, inside in folders.items() if part for name in inside})
        found.append(
            f"folders {several(names)} lie inside of others, and are not used. If these are parts, put them above the "
            "folders of classes, or give a table with a column 'split'"
        )
    return found


def _missing_labels(tracks: pd.DataFrame) -> list[str]:
    labels = {label for cell in tracks["labels"] for label in (cell if isinstance(cell, list) else ())}
    missing = sorted(labels & _MISSING)
    if not missing:
        return []
    return [
        f"{several(missing)} {'is a class' if len(missing) == 1 else 'are classes'} like any other. If it means that "
        "nothing is known of a track, leave the cell empty"
    ]


# How programs write that a cell has no value.
_MISSING = {"nan", "NaN", "NA", "N/A", "n/a", "#N/A", "<NA>", "None", "none", "null", "NULL", "\\N"}
_OF_TRACKS = ("track_id", "path", "group", "left_out", "labels", "part", "fold", "tags", "marked", "events_fault")
