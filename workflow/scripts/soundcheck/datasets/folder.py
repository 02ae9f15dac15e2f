"""A user's own audio: a folder per class, a CSV that names files and labels, or the layout of Hugging Face `datasets`.

Folder per class: the first sub-folder's name is the class, audio may lie at any depth below it. Hidden files do not
count. Where the classes lie in folders named train, validation and test, these are the parts (see `audiofolder`).

CSV (`csv` option, looked for in the working directory, then in `dir`), separated by commas, semicolons or tabs:

    path                relative to `dir`, or absolute
    label | labels      one label, or several separated by `|` (may be empty: a track without tags)
    split | part        optional: train; validation, valid, val or dev; test. Empty: the track is in no part
    fold                optional, where there is no split: at least three whole numbers; each is tested in turn
    group               optional: tracks of one group (singer, album, session) never sit on both sides of a split
    track_id            optional: else the path without its suffix, made safe as a file name
    events_file         optional: an annotation file, relative to `dir`; a line is `onset<TAB>offset<TAB>label` (s).
                        Makes `event_detection` possible; without `label` and `labels`, its labels are the track's

Metadata files (metadata.csv or metadata.jsonl with a column `file_name`, relative to their own place) are read without
being named: the other columns as above, the part also from the folder's name.

`label` (option) names another column for the label, or a list of columns: the targets of a regression, each with one
value, or tags, which a row marks (`1`, `yes`). Labels of a multilabel task are separated in any column, by bars,
semicolons or commas. Other columns are kept as metadata. Any task name may be used, its type is given in the
configuration; for `key_estimation` the labels are read as keys (`Db major`, `C:maj`, `Cm`).
"""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import pandas as pd

from soundcheck import events as event_files
from soundcheck.datasets.support import audiofolder, keys, label_cells, label_files
from soundcheck.datasets.support.audio_files import AUDIO_SUFFIXES, as_on_disk, audio_files, ids_of
from soundcheck.datasets.support.event_columns import with_faults
from soundcheck.datasets.support.folds import rotations
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

PARTS = audiofolder.PARTS
_OF_THE_INDEX = ("duration_s", "sample_rate", "channels", "left_out")
_PATHS = ("file_name", "filename", "file", "filepath", "file_path", "audio_path", "audio_file", "audio", "fname")
# A track without tags is one as well; one without a label is not.
_MAY_BE_EMPTY = ("labels", "tags")
_COLUMNS = ("path", "file_name", "label", "labels", "split", "part", "fold", "group", "track_id")


def download(folder: Path, **options: object) -> None:
    """Check that the folder is there; nothing is downloaded. Raises SoundcheckError."""
    if not Path(folder).is_dir():
        raise SoundcheckError(f"the folder '{folder}' does not exist; set `dir` to the folder that holds your audio.")


def tracks(folder: Path, csv: str = "", label: str | Sequence[str] = "", **options: object) -> pd.DataFrame:
    """One row a track: `track_id`, `path`, `group`, `left_out`, `labels` (list[str]), `part`, and the CSV's own.

    Raises SoundcheckError, naming file and rows, for a CSV that cannot be meant as it stands: missing columns, equal
    ids, unknown parts, empty labels, or not one file where it says. Single missing files are found by the index.
    """
    folder = Path(folder)
    if csv:
        return _from_csv(folder, _find_csv(folder, csv), label)
    found = audiofolder.metadata_files(folder)
    if found:
        return _from_metadata(folder, found, label)
    if label:
        raise SoundcheckError(f"`label` names columns, but there is neither `csv` nor a metadata file in '{folder}'.")
    return _from_folders(folder)


def labels(tracks: pd.DataFrame, task: str) -> pd.Series:
    """`list[str]` for each track, or a `str`: the reason why the track is left out of this task."""
    values = [None if value is None else list(value) for value in tracks["labels"]]
    if task == "key_estimation":
        values = [None if value is None else _as_keys(value) for value in values]
    return pd.Series(values, index=tracks.index, dtype=object)


def labels_as(tracks: pd.DataFrame, task: str, task_type: str) -> tuple[pd.Series, dict[str, str]]:
    """The labels of a task of this type, each in one spelling; and which spelling became which."""
    tracks = tracks.copy()
    column = {"multilabel": ("marked", "tags"), "multiclass": ("marked",)}.get(task_type, ())
    for name in column:
        if name in tracks:
            tracks["labels"] = tracks[name]
    found = labels(tracks, task)
    if task_type == "regression" or task == "key_estimation":
        return found, {}
    spelt, changed = label_cells.one_spelling(found)
    return pd.Series(spelt, index=found.index, dtype=object), changed


def events(tracks: pd.DataFrame, task: str) -> pd.Series:
    """`list[str]` for each track, None, or a `str`: the reason why its events cannot be.

    Raises SoundcheckError where no annotation file is named.
    """
    if "events" not in tracks or "events_file" not in tracks:
        raise SoundcheckError(
            f"task '{task}' is of type event_detection, which needs events with times: a table with the column "
            "'events_file', which names an annotation file for each track."
        )
    return with_faults(tracks)


def targets(task: str, label: str | Sequence[str] = "", **options: object) -> list[str] | None:
    """The names of the values that a regression estimates, where `label` names their columns; else None."""
    return list(label) if isinstance(label, list | tuple) else None


def splits(tracks: pd.DataFrame, task: str, name: str | None = None) -> pd.DataFrame | None:
    """The user's own parts as one fold, or the rotations of their folds: `track_id`, `fold`, `part`; None without."""
    own = tracks[tracks["part"].notna()]
    if len(own):
        return pd.DataFrame({"track_id": own["track_id"], "fold": 0, "part": own["part"]})
    own = tracks[tracks["fold"].notna()] if "fold" in tracks else own
    if own.empty:
        return None
    numbers = sorted(set(own["fold"]), key=int)
    parts = pd.DataFrame(rotations(list(own["fold"]), numbers), index=own["track_id"])
    return parts.rename_axis(columns="fold").stack().rename("part").reset_index()


def _from_folders(folder: Path) -> pd.DataFrame:
    paths = audio_files(folder)
    if not paths:
        raise SoundcheckError(f"no audio below '{folder}' (looked for {' '.join(sorted(AUDIO_SUFFIXES))}).")
    depth = audiofolder.depth_of_parts(paths)
    rows = []
    for path in paths:
        parents = PurePosixPath(path).parts[:-1]
        part, parents = (None, parents) if depth is None else audiofolder.parted(parents, depth)
        outside = depth is not None and part is None
        row = {"path": path, "group": None, "part": part, "labels": [parents[0].strip()] if parents else None}
        row["left_out"] = None if parents else "not in a class folder"
        if outside:
            row |= {"labels": None, "left_out": "not in a folder of a part (train, validation, test)"}
        rows.append(row)
    if not any(row["labels"] for row in rows):
        raise SoundcheckError(
            f"'{folder}' holds audio, but not in sub-folders: put each class into a folder of its name, or give `csv`."
        )
    table = pd.DataFrame(rows, dtype=object).assign(track_id=ids_of(paths), part=_unless_one(rows))
    return table[["track_id", "path", "group", "left_out", "labels", "part"]]


def _unless_one(rows: list[dict]) -> list[str | None]:
    """The parts of rows; none where there is one alone, such as a folder `train` of what is yet to be parted."""
    parts = [row["part"] for row in rows]
    return parts if len(set(parts) - {None}) > 1 else [None] * len(parts)


def _find_csv(folder: Path, name: str) -> Path:
    for path in (Path(name), folder / name):
        if path.is_file():
            return path
    raise SoundcheckError(f"the CSV '{name}' is neither in the working directory nor in '{folder}'.")


def _from_csv(folder: Path, path: Path, label: str | Sequence[str]) -> pd.DataFrame:
    columns, rows = _with_path(*label_files.read(path, (*_COLUMNS, *_PATHS)))
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


def _from_metadata(folder: Path, files: list[Path], label: str | Sequence[str]) -> pd.DataFrame:
    tables = []
    for path in files:
        columns, rows = label_files.read(path, _COLUMNS)
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
        table["part"] = _unless_one([{"part": part} for part in audiofolder.parts_of(list(table["path"]))])
    return table


def _rows_to_table(
    path: Path, columns: list[str], rows: list[dict], paths: list[str], label: str | Sequence[str]
) -> pd.DataFrame:
    label_columns = _label_columns(path, columns, label)
    part_column = next((column for column in ("split", "part") if column in columns), None)
    label_files.refuse_duplicates(path, "path", paths, rows)
    labels, reasons = _labels(rows, label_columns)
    marked = label_cells.marked(rows, label_columns) if len(label_columns) > 1 else None
    if marked:
        labels = [[str(row[column]) for column in label_columns] for row in rows]
        reasons = [None] * len(rows)
    given = [row.get("track_id", "") for row in rows]
    table = pd.DataFrame(
        {
            "track_id": [own or made for own, made in zip(given, ids_of(paths), strict=True)],
            "path": paths,
            "group": [row.get("group") or None for row in rows],
            "left_out": reasons,
            "labels": labels,
            "part": _parts(path, rows, part_column),
        },
        dtype=object,
    )
    if part_column is None and "fold" in columns:
        table["fold"] = _folds(path, rows)
    if marked:
        table["marked"] = marked
    elif len(label_columns) == 1:
        table["tags"] = label_cells.separated([row[label_columns[0]] for row in rows])
    for column in columns:
        if column not in _COLUMNS:
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
    other = next((name for name in _PATHS if name in columns), None)
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
    advice = f". Is '{wanted}' meant by '{meant}'? Then rename it" if meant else _rename(wanted, columns)
    raise SoundcheckError(f"{path}: no column '{wanted}'; its columns are {', '.join(columns)}{advice}.")


def _is_audio(cell: object) -> bool:
    return isinstance(cell, str) and PurePosixPath(cell.replace("\\", "/")).suffix.lower() in AUDIO_SUFFIXES


def _label_columns(path: Path, columns: list[str], label: str | Sequence[str]) -> list[str]:
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
    others = [name for name in columns if name not in _COLUMNS]
    if not found and len(others) == 1:
        return others
    if not found:
        nearest = _rename("label", columns)
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


def _rename(wanted: str, columns: list[str]) -> str:
    nearest = did_you_mean(wanted, [name for name in columns if name not in _COLUMNS])
    return nearest.replace("did you mean", f"is '{wanted}' meant by").replace("?)", "? Then rename it)")


def _labels(rows: list[dict], columns: list[str]) -> tuple[list[list[str] | None], list[str | None]]:
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


def _parts(path: Path, rows: list[dict], column: str | None) -> list[str | None]:
    if column is None:
        return [None] * len(rows)
    unknown = [row for row in rows if row[column] and row[column].lower() not in PARTS]
    if unknown:
        name = unknown[0][column]
        numbers = several(row[label_files.ROW] for row in unknown)
        are_folds = all(row[column].isdecimal() for row in unknown)
        advice = "; whole numbers are folds: name the column 'fold'" if are_folds else did_you_mean(name, PARTS)
        raise SoundcheckError(
            f"{path}, rows {numbers}: unknown part '{name}' in column '{column}'{advice}; "
            f"parts are {', '.join(PARTS)}, or empty."
        )
    return [PARTS[row[column].lower()] if row[column] else None for row in rows]


def _folds(path: Path, rows: list[dict]) -> list[str | None]:
    strange = [row for row in rows if row["fold"] and not str(row["fold"]).isdecimal()]
    if strange:
        raise SoundcheckError(
            f"{path}, row {strange[0][label_files.ROW]}: column 'fold' holds '{strange[0]['fold']}', no whole number. "
            "Folds are numbered; parts such as train and test stand in a column 'split'."
        )
    numbers = {row["fold"] for row in rows if row["fold"]}
    if len(numbers) in (1, 2):
        raise SoundcheckError(
            f"{path}: column 'fold' has {len(numbers)} of at least three folds that it takes to train, validate and "
            "test. Remove the column, and parts are drawn; or name the parts in a column 'split'."
        )
    return [row["fold"] or None for row in rows]


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


def _as_keys(names: list[str]) -> list[str] | str:
    try:
        return [keys.normalise(name) for name in names]
    except ValueError as problem:
        return str(problem)
