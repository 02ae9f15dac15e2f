"""Tables of your own audio: a CSV, or the metadata files of the audiofolder layout, as the rows of tracks."""

import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import pandas as pd

from soundcheck import events as event_files
from soundcheck.datasets.support.audio_files import as_on_disk, audio_files, ids_of
from soundcheck.datasets.support.tables import audiofolder, cells
from soundcheck.datasets.support.tables import files as label_files
from soundcheck.datasets.support.tables.absent import check_some_exist
from soundcheck.datasets.support.tables.columns import COLUMNS, PATHS, label_columns, labels_of, renaming
from soundcheck.datasets.support.tables.files import is_audio
from soundcheck.datasets.support.tables.parts import folds_of, groups_of, parts_of
from soundcheck.plumbing.errors import SoundcheckError, plural, several
from soundcheck.plumbing.files import here_or_in

# Columns that mean something in the table of tracks; those of the same name in a user's table are called otherwise.
_OURS = ("duration_s", "sample_rate", "channels", "left_out", "marked", "tags", "unclear", "events", "events_fault")
# The column of the labels of events.
_OF_EVENTS = "labels of its events"
# What has one value in a row.
_SINGLE = ("path", "file_name", "split", "part", "fold", "group", "track_id", "events_file")


def find_csv(folder: Path, name: str) -> Path:
    """Where a CSV is: in the working directory, or in the folder of audio.

    Raises:
        SoundcheckError: it is in neither.
    """
    path = here_or_in(folder, name)
    if path:
        return path
    raise SoundcheckError(f"the CSV '{name}' is neither in the working directory nor in '{folder}'.")


def from_csv(folder: Path, path: Path, label: str | Sequence[str]) -> pd.DataFrame:
    """The rows of tracks of a CSV whose column `path` is relative to `folder`.

    Raises:
        SoundcheckError: the CSV is wrong; with file and rows.
    """
    columns, rows = _with_path(*label_files.read(path, (*COLUMNS, *PATHS)))
    columns, rows, events = _with_events(folder, path, columns, rows)
    _require_path(path, columns, rows, "path")
    paths = [_below(folder, PurePosixPath(os.path.normpath(row["path"].replace("\\", "/")))) for row in rows]
    paths = as_on_disk(folder, paths)
    table = _rows_to_table(path, columns, rows, paths, label, events)
    if all(table["left_out"]):
        unclear = next((each for each in table.get("unclear", ()) if isinstance(each, str)), None)
        as_tags = f" As tags: {unclear}." if unclear else ""
        raise SoundcheckError(f"{path}: none of its {len(rows)} rows has a label ({table['left_out'][0]}).{as_tags}")
    label_files.refuse_duplicates(path, "track_id", list(table["track_id"]), rows)
    check_some_exist(folder, path, paths)
    return table


def _below(folder: Path, path: PurePosixPath) -> str:
    """The path relative to `folder` where it lies below: ids and noise must not depend on where a copy of it lies."""
    places = (folder, folder.absolute(), folder.resolve())
    return str(
        next((path.relative_to(place) for place in places if path.is_absolute() and path.is_relative_to(place)), path)
    )


def from_metadata(folder: Path, files: list[Path], label: str | Sequence[str]) -> pd.DataFrame:
    """The rows of tracks of metadata files, each of which names audio beside or below it.

    Raises:
        SoundcheckError: a file is wrong, or two of them name one track.
    """
    tables = []
    for path in files:
        columns, rows = label_files.read(path, COLUMNS)
        columns, rows, events = _with_events(path.parent, path, columns, rows)
        _require_path(path, columns, rows, "file_name")
        paths = as_on_disk(folder, [audiofolder.path_of(folder, path, row["file_name"]) for row in rows])
        tables.append(_rows_to_table(path, columns, rows, paths, label, events))
    table = pd.concat(tables, ignore_index=True).astype(object)
    table = table.where(table.notna(), None)
    twice = table["path"][table["path"].duplicated()]
    if len(twice):
        raise SoundcheckError(f"'{folder}': named by two metadata files: {several(twice)}.")
    if not any(os.path.isfile(folder / path) for path in table["path"]):
        raise SoundcheckError(
            f"{files[0]}: none of its {len(table)} files is there (first: '{table['path'][0]}'). `file_name` is "
            "relative to the folder of the metadata file."
        )
    unnamed = sorted(set(audio_files(folder)) - set(table["path"]))
    rest = {"path": unnamed, "labels": None, "left_out": "not named in a metadata file", "track_id": ids_of(unnamed)}
    table = pd.concat([table, pd.DataFrame(rest, dtype=object)], ignore_index=True)
    table = table.where(table.notna(), None)
    if table["part"].isna().all():
        table["part"] = audiofolder.unless_one(audiofolder.parts_of(list(table["path"])))
    return table


def _rows_to_table(
    path: Path,
    columns: list[str],
    rows: list[dict],
    paths: list[str],
    label: str | Sequence[str],
    events: list[list[str] | str] | None,
) -> pd.DataFrame:
    named = [_OF_EVENTS] if _OF_EVENTS in columns and not label else label_columns(path, columns, label)
    part_column = next((column for column in ("split", "part") if column in columns), None)
    label_files.refuse_duplicates(path, "path", paths, rows)
    labels, reasons = labels_of(rows, named)
    faults = [each if isinstance(each, str) else None for each in events or []]
    if named == [_OF_EVENTS]:
        # A track whose annotations cannot be read has no labels.
        reasons = faults
    several_columns = len(named) > 1
    found, unclear = cells.marked(rows, named)
    if not several_columns and (isinstance(label, str) or any(unclear)):
        found, unclear = cells.separated([row[named[0]] for row in rows])
    if several_columns and not any(unclear):
        labels = [[str(row[column]) for column in named] for row in rows]
        reasons = [None] * len(rows)
    given = [row.get("track_id", "") for row in rows]
    table = pd.DataFrame(
        {
            "track_id": [own or made for own, made in zip(given, ids_of(paths), strict=True)],
            "path": paths,
            "group": groups_of(path, rows),
            "left_out": reasons,
            "labels": labels,
            "part": parts_of(path, rows, part_column),
        },
        dtype=object,
    )
    if part_column is None and "fold" in columns:
        table["fold"] = folds_of(path, rows)
    table["marked" if several_columns else "tags"] = found
    if any(unclear):
        # Another task may take the cells as they are, such as numbers: only one of tags refuses them.
        table["unclear"] = [
            fault and f"{path.name}, row {row[label_files.ROW]}: {fault}"
            for fault, row in zip(unclear, rows, strict=True)
        ]
    if events is not None:
        table["events"] = [None if isinstance(each, str) else each for each in events]
        table["events_fault"] = faults
    taken = {*_OURS, *table.columns}
    for column in columns:
        # What names parts decides; folds beside it are kept, and told of.
        is_spare = column == "fold" and part_column is not None
        if column not in (*COLUMNS, _OF_EVENTS) or is_spare:
            name = f"csv_{column}" if is_spare else column
            while name in taken:
                name = f"csv_{name}"
            taken.add(name)
            table[name] = _own_column([row[column] for row in rows])
    return table


def _own_column(values: list) -> list:
    """A column of strings, or of lists of them where there is one list."""
    if any(isinstance(value, list) for value in values):
        return [value if isinstance(value, list) else [value] if value else None for value in values]
    return [value or None for value in values]


def _with_path(columns: list[str], rows: list[dict]) -> tuple[list[str], list[dict]]:
    """The column `path`, which other programs' tables call otherwise, under its own name."""
    other = next((name for name in PATHS if name in columns), None)
    if "path" in columns or other is None:
        return columns, rows
    renamed = {other: "path"}
    return [renamed.get(name, name) for name in columns], [
        {renamed.get(name, name): cell for name, cell in row.items()} for row in rows
    ]


def _with_events(
    base: Path, path: Path, columns: list[str], rows: list[dict]
) -> tuple[list[str], list[dict], list[list[str] | str] | None]:
    """What the files in `events_file` hold, None without this column; with a column of their labels, if there is none.

    In the place of a row's events is the reason why there are none, where its file is absent or an event has no label.

    Raises:
        SoundcheckError: no file is there, or one is not of events; with file and line.
    """
    if "events_file" not in columns:
        return columns, rows, None
    _require_single(path, columns, rows)
    names = [row["events_file"].replace("\\", "/") for row in rows]
    absent = [i for i, name in enumerate(names) if not (name and os.path.isfile(base / name))]
    if len(absent) == len(rows):
        label_files.refuse_rows(path, "no file where 'events_file' says", absent, rows)
    events = []
    for i, (row, name) in enumerate(zip(rows, names, strict=True)):
        try:
            events.append(_events_of(base, name, i in absent))
        except SoundcheckError as problem:
            raise SoundcheckError(f"{path}, row {row[label_files.ROW]}: {problem}") from problem
    if {"label", "labels"} & set(columns):
        return columns, rows, events
    labels = [[] if isinstance(each, str) else event_files.labels_of(each) for each in events]
    return [*columns, _OF_EVENTS], [row | {_OF_EVENTS: own} for row, own in zip(rows, labels, strict=True)], events


def _events_of(base: Path, name: str, is_absent: bool) -> list[str] | str:
    if is_absent:
        return f"no annotation file '{name}'" if name else "no 'events_file'"
    events, n_unlabelled = event_files.read_file(base / name)
    n = n_unlabelled + len(events)
    return f"without a label: {n_unlabelled} of its {plural(n, 'event')}" if n_unlabelled else events


def _require_single(path: Path, columns: list[str], rows: list[dict]) -> None:
    for column in columns:
        if column in _SINGLE:
            lists = [i for i, row in enumerate(rows) if isinstance(row[column], list)]
            label_files.refuse_rows(path, f"a list in column '{column}', which has one value", lists, rows)


def _require_path(path: Path, columns: list[str], rows: list[dict], wanted: str) -> None:
    if wanted in columns:
        _require_single(path, columns, rows)
        label_files.refuse_rows(path, f"an empty '{wanted}'", [i for i, r in enumerate(rows) if not r[wanted]], rows)
        nameless = [
            i for i, row in enumerate(rows) if not PurePosixPath(row[wanted].replace("\\", "/")).name.strip(".")
        ]
        label_files.refuse_rows(path, f"a '{wanted}' that names no file", nameless, rows)
        return
    if any(is_audio(name) for name in columns):
        raise SoundcheckError(
            f"{path}: its first row ({', '.join(columns)}) is a track. Put a row with the columns' names above it, "
            f"such as '{wanted},label'."
        )
    if len(columns) == 1 and wanted in re.split(r"[^\w]+", columns[0]):
        raise SoundcheckError(
            f"{path}: its first row is one cell, '{columns[0]}'. Separate cells by commas, semicolons or tabs."
        )
    meant = next((name for name in columns if any(is_audio(row[name]) for row in rows)), None)
    advice = f". Is '{wanted}' meant by '{meant}'? Then rename it" if meant else renaming(wanted, columns)
    raise SoundcheckError(f"{path}: no column '{wanted}'; its columns are {', '.join(columns)}{advice}.")
