"""A user's own audio: a folder per class, a CSV that names files and labels, or the layout of Hugging Face `datasets`.

Folder per class: the first sub-folder's name is the class, audio may lie at any depth below it. Hidden files do not
count. Where the classes lie in folders named train, validation and test, these are the parts (see `audiofolder`).

CSV (`csv` option, looked for in the working directory, then in `dir`), separated by commas, semicolons or tabs:

    path                relative to `dir`, or absolute
    label | labels      one label, or several separated by `|` (may be empty: a track without tags)
    split | part        optional: train; validation, valid, val or dev; test. Empty: the track is in no part
    fold                optional, where there is no split: at least three whole numbers; each is tested in turn, by its
                        own number
    group               optional: tracks of one group (singer, album, session) never sit on both sides of a split
    track_id            optional: else the path without its suffix, made safe as a file name
    events_file         optional: an annotation file, relative to `dir`; a line is `onset<TAB>offset<TAB>label` (s).
                        Makes `event_detection` possible; without `label` and `labels`, its labels are the track's

Metadata files (metadata.csv or metadata.jsonl with a column `file_name`, relative to their own place) are read without
being named: the other columns as above, the part also from the folder's name.

`label` (option) names another column for the label, or a list of columns: the targets of a regression, each with one
value, or tags, which a row marks (`1`, `yes`). Labels of a multilabel task are separated in any column, by bars,
semicolons or commas, or stand in lists as Python, JSON and NumPy print them. Other columns are kept as metadata. Any
task name may be used, its type is given in the configuration; for `key_estimation` the labels are read as keys (`Db
major`, `C:maj`, `Cm`).
"""

import itertools
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import pandas as pd

from soundcheck.audio.suffixes import AUDIO_SUFFIXES
from soundcheck.datasets.support import keys
from soundcheck.datasets.support.audio_files import audio_files, ids_of
from soundcheck.datasets.support.characters import tidy
from soundcheck.datasets.support.published_folds import in_turn
from soundcheck.datasets.support.tables import audiofolder, cells, parts
from soundcheck.datasets.support.tables.columns import with_faults
from soundcheck.datasets.support.tables.tracks import find_csv, from_csv, from_metadata
from soundcheck.plumbing.errors import SoundcheckError, plural
from soundcheck.tasks import KEY_ESTIMATION, TASK_TYPES

TITLE = "A folder of your own"
LICENSE = "your own"
BIBTEX = ""
REMOTES: dict = {}
# Empty: any task, of the type that the configuration gives.
TASKS: dict[str, str] = {}
SYNTHETIC = False
GROUPED_BY = "the CSV's column 'group'"

PARTS = audiofolder.PARTS


def download(folder: Path, **options: object) -> None:
    """Check that the folder is there; nothing is downloaded.

    Raises:
        SoundcheckError: there is no such folder.
    """
    if not Path(folder).is_dir():
        raise SoundcheckError(f"the folder '{folder}' does not exist; set `dir` to the folder that holds your audio.")


def tracks(folder: Path, csv: str = "", label: str | Sequence[str] = "", **options: object) -> pd.DataFrame:
    """One row a track: `track_id`, `path`, `group`, `left_out`, `labels` (list[str]), `part`, and the CSV's own.

    Raises:
        SoundcheckError: the CSV cannot be right (missing columns, equal ids, unknown parts, empty labels, or none of
            its files is there); with file and rows. Single missing files are found by the index.
    """
    folder = Path(folder)
    if csv:
        return from_csv(folder, find_csv(folder, csv), label)
    found = audiofolder.metadata_files(folder)
    if found:
        return from_metadata(folder, found, label)
    if label:
        raise SoundcheckError(f"`label` names columns, but there is neither `csv` nor a metadata file in '{folder}'.")
    return _from_folders(folder)


def labels(tracks: pd.DataFrame, task: str) -> pd.Series:
    """`list[str]` for each track, or a `str`: the reason why the track is left out of this task."""
    values = [None if value is None else list(value) for value in tracks["labels"]]
    if task == KEY_ESTIMATION:
        values = [None if value is None else _as_keys(value) for value in values]
    return pd.Series(values, index=tracks.index, dtype=object)


def labels_as(tracks: pd.DataFrame, task: str, task_type: str) -> tuple[pd.Series, dict[str, str]]:
    """The labels of a task of this type, each in one spelling; and which spelling became which.

    Raises:
        SoundcheckError: cells cannot be read as the tags that the task needs; with table, rows and the first of them.
    """
    tracks = tracks.copy()
    kind = TASK_TYPES[task_type]
    columns = ("marked", "tags") if kind.has_several_labels else () if kind.has_numbers else ("marked",)
    for name in columns:
        if name in tracks:
            _refuse_unclear(tracks)
            tracks["labels"] = tracks[name]
    found = labels(tracks, task)
    if kind.has_numbers or task == KEY_ESTIMATION:
        return found, {}
    spelt, changed = cells.one_spelling(found)
    return pd.Series(spelt, index=found.index, dtype=object), changed


def events(tracks: pd.DataFrame, task: str) -> pd.Series:
    """`list[str]` for each track, None, or a `str`: the reason why its events cannot be.

    Raises:
        SoundcheckError: no annotation file is named.
    """
    if "events" not in tracks or "events_file" not in tracks:
        raise SoundcheckError(
            f"task '{task}' is of type event_detection, which needs events with times: a table with the column "
            "'events_file', which names an annotation file for each track."
        )
    known = tracks["events_fault"] if "events_fault" in tracks else itertools.repeat(None)
    values = [
        reason if isinstance(reason, str) else own for own, reason in zip(with_faults(tracks), known, strict=False)
    ]
    return pd.Series(values, index=tracks.index, dtype=object)


def targets(task: str, label: str | Sequence[str] = "", **options: object) -> list[str] | None:
    """The names of the values that a regression estimates, or of tags, where `label` names their columns; else None."""
    return list(label) if isinstance(label, list | tuple) else None


def splits(tracks: pd.DataFrame, task: str, name: str | None = None) -> pd.DataFrame | None:
    """The user's own parts as fold 0, or their folds, each tested in turn: `track_id`, `fold`, `part`; None without."""
    own = tracks[tracks["part"].notna()]
    if len(own):
        return pd.DataFrame({"track_id": own["track_id"], "fold": 0, "part": own["part"]})
    own = tracks[tracks["fold"].notna()] if "fold" in tracks else own
    if own.empty:
        return None
    return in_turn(dict(zip(own["track_id"], map(int, own["fold"]), strict=True)))


def hints(tracks: pd.DataFrame) -> list[str]:
    """What a reader should know: columns and folders that look like parts, and are not used; labels that look odd."""
    return parts.hints(tracks)


def _refuse_unclear(tracks: pd.DataFrame) -> None:
    faults = [fault for fault in tracks["unclear"] if isinstance(fault, str)] if "unclear" in tracks else []
    if faults:
        faults.sort(key=lambda fault: int(re.search(r", row (\d+): ", fault)[1]))
        more = f" There are {plural(len(faults) - 1, 'more such row')}." if len(faults) > 1 else ""
        raise SoundcheckError(f"{faults[0]}.{more}")


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
        is_named = bool(parents and tidy(parents[0]))
        row = {"path": path, "group": None, "part": part, "labels": [parents[0].strip()] if is_named else None}
        row["left_out"] = None if is_named else "in a folder without a name" if parents else "not in a class folder"
        if outside:
            row |= {"labels": None, "left_out": "not in a folder of a part (train, validation, test)"}
        rows.append(row)
    if not any(row["labels"] for row in rows):
        raise SoundcheckError(
            f"'{folder}' holds audio, but not in sub-folders: put each class into a folder of its name, or give `csv`."
        )
    table = pd.DataFrame(rows, dtype=object).assign(
        track_id=ids_of(paths), part=audiofolder.unless_one([row["part"] for row in rows])
    )
    return table[["track_id", "path", "group", "left_out", "labels", "part"]]


def _as_keys(names: list[str]) -> list[str] | str:
    try:
        return [keys.normalise(name) for name in names]
    except ValueError as problem:
        return str(problem)
