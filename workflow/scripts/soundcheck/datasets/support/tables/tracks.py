"""Tables of one's own audio: a CSV, or the metadata files of the audiofolder layout, as the rows of tracks."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import pandas as pd

from soundcheck import events as event_files
from soundcheck.datasets.support.audio_files import AUDIO_SUFFIXES, as_on_disk, audio_files, ids_of
from soundcheck.datasets.support.tables import audiofolder, cells
from soundcheck.datasets.support.tables import files as label_files
from soundcheck.datasets.support.tables.columns import (
    COLUMNS,
    PATHS,
    folds_of,
    label_columns,
    labels_of,
    parts_of,
    renaming,
)
from soundcheck.plumbing.errors import SoundcheckError, several
from soundcheck.plumbing.files import here_or_in

_OF_THE_INDEX = ("duration_s", "sample_rate", "channels", "left_out")


def find_csv(folder: Path, name: str) -> Path:
    """Where a CSV lies: in the working directory, or in the folder of audio. Raises SoundcheckError."""
    path = here_or_in(folder, name)
    if path:
        return path
    raise SoundcheckError(f"the CSV '{name}' is neither in the working directory nor in '{folder}'.")


def from_csv(folder: Path, path: Path, label: str | Sequence[str]) -> pd.DataFrame:
    """The rows of tracks of a CSV whose column `path` is relative to `folder`. Raises SoundcheckError."""
    columns, rows = _with_path(*label_files.read(path, (*COLUMNS, *PATHS)))
    columns, rows = _with_events(folder, path, columns, rows)
    _require_path(path, columns, rows, "path")
    label_files.refuse_rows(path, "an empty 'path'", [i for i, row in enumerate(rows) if not row["path"]], rows)
    paths = [_below(folder, PurePosixPath(row["path"].replace("\\", "/"))) for row in rows]
    paths = as_on_disk(folder, paths)
    table = _rows_to_table(path, columns, rows, paths, label)
    if all(table["left_out"]):
        raise SoundcheckError(f"{path}: none of its {len(rows)} rows has a label ({table['left_out'][0]}).")
    label_files.refuse_duplicates(path, "track_id", list(table["track_id"]), rows)
    _check_some_files_exist(folder, path, paths)
    return table


def _below(folder: Path, path: PurePosixPath) -> str:
    """The path relative to `folder` where it lies below: ids and noise must not depend on where a copy of it lies."""
    places = (folder, folder.absolute(), folder.resolve())
    return str(
        next((path.relative_to(place) for place in places if path.is_absolute() and path.is_relative_to(place)), path)
    )


def from_metadata(folder: Path, files: list[Path], label: str | Sequence[str]) -> pd.DataFrame:
    """The rows of tracks of metadata files, each of which names audio beside or below it. Raises SoundcheckError."""
    tables = []
    for path in files:
        columns, rows = label_files.read(path, COLUMNS)
        columns, rows = _with_events(path.parent, path, columns, rows)
        _require_path(path, columns, rows, "file_name")
        nameless = [i for i, row in enumerate(rows) if not row["file_name"]]
        label_files.refuse_rows(path, "an empty 'file_name'", nameless, rows)
        paths = as_on_disk(folder, [audiofolder.path_of(folder, path, row["file_name"]) for row in rows])
        tables.append(_rows_to_table(path, columns, rows, paths, label))
    table = pd.concat(tables, ignore_index=True).astype(object)
    table = table.where(table.notna(), None)
    twice = table["path"][table["path"].duplicated()]
    if len(twice):
        raise SoundcheckError(f"'{folder}': named by two metadata files: {several(twice)}.")
    if not any((folder / path).is_file() for path in table["path"]):
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
    path: Path, columns: list[str], rows: list[dict], paths: list[str], label: str | Sequence[str]
) -> pd.DataFrame:
    named = label_columns(path, columns, label)
    part_column = next((column for column in ("split", "part") if column in columns), None)
    label_files.refuse_duplicates(path, "path", paths, rows)
    labels, reasons = labels_of(rows, named)
    marked = cells.marked(rows, named) if len(named) > 1 else None
    if marked:
        labels = [[str(row[column]) for column in named] for row in rows]
        reasons = [None] * len(rows)
    given = [row.get("track_id", "") for row in rows]
    table = pd.DataFrame(
        {
            "track_id": [own or made for own, made in zip(given, ids_of(paths), strict=True)],
            "path": paths,
            "group": [row.get("group") or None for row in rows],
            "left_out": reasons,
            "labels": labels,
            "part": parts_of(path, rows, part_column),
        },
        dtype=object,
    )
    if part_column is None and "fold" in columns:
        table["fold"] = folds_of(path, rows)
    if marked:
        table["marked"] = marked
    elif len(named) == 1:
        table["tags"] = cells.separated([row[named[0]] for row in rows])
    for column in columns:
        if column not in COLUMNS:
            name = f"csv_{column}" if column in (*_OF_THE_INDEX, *table.columns) else column
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


def _with_events(base: Path, path: Path, columns: list[str], rows: list[dict]) -> tuple[list[str], list[dict]]:
    """With a column `events` of what the files in `events_file` hold, whose labels are `labels` where no others are."""
    if "events_file" not in columns:
        return columns, rows
    absent = [i for i, row in enumerate(rows) if not (row["events_file"] and (base / row["events_file"]).is_file())]
    label_files.refuse_rows(path, "no file where 'events_file' says", absent, rows)
    found = [event_files.read_file(base / row["events_file"]) for row in rows]
    added = {"events": found}
    if not {"label", "labels"} & set(columns):
        added["labels"] = [event_files.labels_of(events) for events in found]
    own = [dict(zip(added, values, strict=True)) for values in zip(*added.values(), strict=True)]
    return [*columns, *added], [row | more for row, more in zip(rows, own, strict=True)]


def _require_path(path: Path, columns: list[str], rows: list[dict], wanted: str) -> None:
    if wanted in columns:
        return
    if any(_is_audio(name) for name in columns):
        raise SoundcheckError(
            f"{path}: its first row ({', '.join(columns)}) is a track. Put a row with the columns' names above it, "
            f"such as '{wanted},label'."
        )
    meant = next((name for name in columns if any(_is_audio(row[name]) for row in rows)), None)
    advice = f". Is '{wanted}' meant by '{meant}'? Then rename it" if meant else renaming(wanted, columns)
    raise SoundcheckError(f"{path}: no column '{wanted}'; its columns are {', '.join(columns)}{advice}.")


def _is_audio(cell: object) -> bool:
    return isinstance(cell, str) and PurePosixPath(cell.replace("\\", "/")).suffix.lower() in AUDIO_SUFFIXES


def _check_some_files_exist(folder: Path, path: Path, paths: list[str]) -> None:
    if any((folder / name).is_file() for name in paths):
        return
    raise SoundcheckError(
        f"{path}: none of its {len(paths)} files is in '{folder}' (first: '{paths[0]}'). {_where(folder, path, paths)}."
    )


def _where(folder: Path, path: Path, paths: list[str]) -> str:
    """Where the files of a CSV lie instead, or what to do."""
    if any((path.parent / name).is_file() for name in paths):
        return f"They lie beside the CSV: set `dir` to '{path.parent}'"
    for above in folder.resolve().parents:
        if any((above / name).is_file() for name in paths):
            return f"They start at '{above}': set `dir` to it"
    names = {PurePosixPath(found).name: found for found in audio_files(folder)}
    found = next((names[PurePosixPath(name).name] for name in paths if PurePosixPath(name).name in names), None)
    if found:
        return f"There is '{found}': write paths as they are from `dir` on, or set `dir` to the folder where they start"
    return "Set `dir` to the folder they lie in"
