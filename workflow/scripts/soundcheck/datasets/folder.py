"""A user's own audio: a folder per class, or a CSV that names files and labels.

Folder per class: the first sub-folder's name is the class, audio may lie at any depth below it. Hidden files do not
count.

CSV (`csv` option, looked for in the working directory, then in `dir`), separated by commas, semicolons or tabs:

    path                relative to `dir`, or absolute
    label | labels      one label, or several separated by `|` (may be empty: a track without tags)
    split | part        optional: train; validation, valid, val or dev; test. Empty: the track is in no part
    group               optional: tracks of one group (singer, album, session) never sit on both sides of a split
    track_id            optional: else the path without its suffix, made safe as a file name

Other columns are kept as metadata. Any task name may be used, its type is given in the configuration; for
`key_estimation` the labels are read as keys (`Db major`, `C:maj`, `Cm`).
"""

import csv
import io
from collections import defaultdict
from pathlib import Path, PurePosixPath

import pandas as pd

from soundcheck.datasets import keys
from soundcheck.datasets.audio_files import AUDIO_SUFFIXES, audio_files, ids_of
from soundcheck.errors import SoundcheckError
from soundcheck.naming import did_you_mean, several

TITLE = "A folder of your own"
LICENSE = "your own"
BIBTEX = ""
REMOTES: dict = {}
# Empty: any task, of the type that the configuration gives.
TASKS: dict[str, str] = {}
SYNTHETIC = False
GROUPED_BY = "the CSV's column 'group'"

PARTS = {
    "train": "train",
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    "test": "test",
}
_OF_THE_INDEX = ("duration_s", "sample_rate", "channels", "left_out")
_COLUMNS = ("path", "label", "labels", "split", "part", "group", "track_id")


def download(folder: Path, **options: object) -> None:
    """Check that the folder is there; nothing is downloaded. Raises SoundcheckError."""
    if not Path(folder).is_dir():
        raise SoundcheckError(f"the folder '{folder}' does not exist; set `dir` to the folder that holds your audio.")


def tracks(folder: Path, csv: str = "", **options: object) -> pd.DataFrame:
    """One row a track: `track_id`, `path`, `group`, `left_out`, `labels` (list[str]), `part`, and the CSV's own.

    Raises SoundcheckError, naming file and rows, for a CSV that cannot be meant as it stands: missing columns, equal
    ids, unknown parts, empty labels, or not one file where it says. Single missing files are found by the index.
    """
    folder = Path(folder)
    if not csv:
        return _from_folders(folder)
    return _from_csv(folder, _find_csv(folder, csv))


def labels(tracks: pd.DataFrame, task: str) -> pd.Series:
    """`list[str]` for each track, or a `str`: the reason why the track is left out of this task."""
    values = [None if value is None else list(value) for value in tracks["labels"]]
    if task == "key_estimation":
        values = [None if value is None else _as_keys(value) for value in values]
    return pd.Series(values, index=tracks.index, dtype=object)


def splits(tracks: pd.DataFrame, task: str) -> pd.DataFrame | None:
    """The CSV's own parts as one fold: `track_id`, `fold` (0), `part`; None where the CSV has no such column."""
    own = tracks[tracks["part"].notna()]
    if own.empty:
        return None
    return pd.DataFrame({"track_id": own["track_id"], "fold": 0, "part": own["part"]})


def _from_folders(folder: Path) -> pd.DataFrame:
    rows = []
    for path in audio_files(folder):
        parents = PurePosixPath(path).parts[:-1]
        row = {"path": path, "group": None, "part": None, "labels": [parents[0]] if parents else None}
        row["left_out"] = None if parents else "not in a class folder"
        rows.append(row)
    if not rows:
        raise SoundcheckError(f"no audio below '{folder}' (looked for {' '.join(sorted(AUDIO_SUFFIXES))}).")
    if not any(row["labels"] for row in rows):
        raise SoundcheckError(
            f"'{folder}' holds audio, but not in sub-folders: put each class into a folder of its name, or give `csv`."
        )
    for row, track_id in zip(rows, ids_of([row["path"] for row in rows]), strict=True):
        row["track_id"] = track_id
    return pd.DataFrame(rows)[["track_id", "path", "group", "left_out", "labels", "part"]]


def _find_csv(folder: Path, name: str) -> Path:
    for path in (Path(name), folder / name):
        if path.is_file():
            return path
    raise SoundcheckError(f"the CSV '{name}' is neither in the working directory nor in '{folder}'.")


def _from_csv(folder: Path, path: Path) -> pd.DataFrame:
    columns, rows = _read(path)
    label_column = _check_columns(path, columns)
    part_column = next((column for column in ("split", "part") if column in columns), None)
    paths = [str(PurePosixPath(row["path"].replace("\\", "/"))) for row in rows]
    _refuse_rows(path, "an empty 'path'", [i for i, row in enumerate(rows) if not row["path"]], rows)
    table = pd.DataFrame(
        {
            "track_id": _ids(path, rows, paths),
            "path": paths,
            "group": [row.get("group") or None for row in rows],
            "left_out": None,
            "labels": _labels(path, rows, label_column),
            "part": _parts(path, rows, part_column),
        },
        dtype=object,
    )
    for column in columns:
        if column not in _COLUMNS:
            name = f"csv_{column}" if column in _OF_THE_INDEX else column
            table[name] = [row[column] or None for row in rows]
    _check_some_files_exist(folder, path, paths)
    return table


def _read(path: Path) -> tuple[list[str], list[dict[str, str]]]:
    """Column names and rows, stripped of stray spaces; blank rows are skipped, but count in the rows' numbers."""
    data = path.read_bytes()
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as problem:
        raise SoundcheckError(
            f"{path}: not readable as {encoding} text ({problem}); save it as CSV in UTF-8."
        ) from problem
    header = text.lstrip().split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    lines = [(number, [cell.strip() for cell in cells]) for number, cells in enumerate(reader, start=1) if any(cells)]
    if not lines:
        raise SoundcheckError(f"{path}: the file is empty.")
    columns = lines[0][1]
    columns = [name.lower() if name.lower() in _COLUMNS else name for name in columns]
    repeated = [name for name in dict.fromkeys(columns) if name and columns.count(name) > 1]
    if repeated:
        raise SoundcheckError(f"{path}: the column '{repeated[0]}' is there twice.")
    rows = []
    for number, cells in lines[1:]:
        if not any(cells):
            continue
        if len(cells) > len(columns):
            raise SoundcheckError(
                f"{path}, row {number}: {len(cells)} cells, but the header has {len(columns)} columns."
            )
        cells += [""] * (len(columns) - len(cells))
        rows.append(dict(zip(columns, cells, strict=True)) | {_ROW: str(number)})
    if not rows:
        raise SoundcheckError(f"{path}: a header, but no rows.")
    return [name for name in columns if name], rows


# Kept beside a row's cells: its number as a spreadsheet shows it. No column can have this name.
_ROW = ""


def _check_columns(path: Path, columns: list[str]) -> str:
    """The name of the label column."""
    there = f"its columns are {', '.join(columns)}"
    if "path" not in columns:
        raise SoundcheckError(f"{path}: no column 'path'; {there}{_rename('path', columns)}.")
    found = [name for name in ("label", "labels") if name in columns]
    if not found:
        raise SoundcheckError(f"{path}: no column 'label' or 'labels'; {there}{_rename('label', columns)}.")
    if len(found) == 2 or {"split", "part"} <= set(columns):
        pair = "label' and 'labels" if len(found) == 2 else "split' and 'part"
        raise SoundcheckError(f"{path}: has both '{pair}'; keep one of them.")
    return found[0]


def _rename(wanted: str, columns: list[str]) -> str:
    nearest = did_you_mean(wanted, [name for name in columns if name not in _COLUMNS])
    return nearest.replace("did you mean", f"is '{wanted}' meant by").replace("?)", "? Then rename it)")


def _labels(path: Path, rows: list[dict], column: str) -> list[list[str]]:
    if column == "labels":
        return [[label.strip() for label in row["labels"].split("|") if label.strip()] for row in rows]
    _refuse_rows(path, "an empty 'label'", [i for i, row in enumerate(rows) if not row["label"]], rows)
    return [[row["label"]] for row in rows]


def _parts(path: Path, rows: list[dict], column: str | None) -> list[str | None]:
    if column is None:
        return [None] * len(rows)
    unknown = [row for row in rows if row[column] and row[column].lower() not in PARTS]
    if unknown:
        name = unknown[0][column]
        numbers = several(row[_ROW] for row in unknown)
        raise SoundcheckError(
            f"{path}, rows {numbers}: unknown part '{name}' in column '{column}'{did_you_mean(name, PARTS)}; "
            f"parts are {', '.join(PARTS)}, or empty."
        )
    return [PARTS[row[column].lower()] if row[column] else None for row in rows]


def _ids(path: Path, rows: list[dict], paths: list[str]) -> list[str]:
    given = [row.get("track_id", "") for row in rows]
    _refuse_duplicates(path, "path", paths, rows)
    ids = [own or made for own, made in zip(given, ids_of(paths), strict=True)]
    _refuse_duplicates(path, "track_id", ids, rows)
    return ids


def _refuse_duplicates(path: Path, column: str, values: list[str], rows: list[dict]) -> None:
    numbers = defaultdict(list)
    for value, row in zip(values, rows, strict=True):
        numbers[value].append(row[_ROW])
    twice = {value: found for value, found in numbers.items() if len(found) > 1}
    if twice:
        value, found = next(iter(twice.items()))
        more = f", and {len(twice) - 1} more such values" if len(twice) > 1 else ""
        raise SoundcheckError(
            f"{path}, rows {several(found)}: the same {column} '{value}'{more}. Each row is one track."
        )


def _refuse_rows(path: Path, fault: str, indices: list[int], rows: list[dict]) -> None:
    if indices:
        raise SoundcheckError(f"{path}, rows {several(rows[i][_ROW] for i in indices)}: {fault}.")


def _check_some_files_exist(folder: Path, path: Path, paths: list[str]) -> None:
    if any((folder / name).is_file() for name in paths):
        return
    beside = [name for name in paths if (path.parent / name).is_file()]
    advice = (
        f"They lie beside the CSV: set `dir` to '{path.parent}'" if beside else "Set `dir` to the folder they lie in"
    )
    raise SoundcheckError(f"{path}: none of its {len(paths)} files is in '{folder}' (first: '{paths[0]}'). {advice}.")


def _as_keys(names: list[str]) -> list[str] | str:
    try:
        return [keys.normalise(name) for name in names]
    except ValueError as problem:
        return str(problem)
