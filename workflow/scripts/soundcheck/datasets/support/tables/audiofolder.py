"""The folder layout of Hugging Face `datasets` (audiofolder): which folders are parts, and where metadata files lie.

    [data/]train/<label>/<file>    parts are folders; any of train, validation, test and the names that mean the same
    metadata.csv, metadata.jsonl   with a column `file_name`, relative to their own place, at the top or in the parts

Source: the guides "Create an audio dataset" and "Structure your repository" of https://huggingface.co/docs/datasets.
"""

import os
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from soundcheck.plumbing.errors import SoundcheckError

PARTS = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    **dict.fromkeys(("test", "testing", "eval", "evaluation"), "test"),
}
_NAMES = ("metadata.csv", "metadata.jsonl")


def depth_of_parts(paths: Sequence[str]) -> int | None:
    """How many folders lie above those of the parts, 0 or 1 (`data/train/`); None where folders are not parts.

    Folders are parts where all are named so; or where there are some for training and for testing, and all audio in
    them lies in sub-folders, the labels. A folder of vehicles may well have a class `train`.
    """
    parents = [PurePosixPath(path).parts[:-1] for path in paths]
    for depth in (0, 1):
        inside = [folders for folders in parents if len(folders) > depth]
        if depth and len({folders[0] for folders in parents if folders}) > 1:
            return None
        names = {folders[depth].lower() for folders in inside}
        parts = {PARTS[name] for name in names if name in PARTS}
        labelled = all(len(folders) > depth + 1 for folders in inside if folders[depth].lower() in PARTS)
        if names and (names <= PARTS.keys() or ({"train", "test"} <= parts and labelled)):
            return depth
    return None


def parted(parents: Sequence[str], depth: int) -> tuple[str | None, tuple[str, ...]]:
    """The part of a file in these folders, None where it is in none; and the folders below that of the part."""
    part = PARTS.get(parents[depth].lower()) if len(parents) > depth else None
    return part, tuple(parents[depth + 1 :])


def parts_of(paths: Sequence[str]) -> list[str | None]:
    """The part of each file by the name of its folder; None where there is none."""
    depth = depth_of_parts(paths)
    if depth is None:
        return [None] * len(paths)
    return [parted(PurePosixPath(path).parts[:-1], depth)[0] for path in paths]


def metadata_files(folder: Path) -> list[Path]:
    """The metadata files below a folder that have a `file_name`, sorted; raises SoundcheckError for CSV beside JSON."""
    found = []
    for parent, folders, names in os.walk(folder, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        found += [Path(parent) / name for name in _NAMES if name in names]
        if len(Path(parent).relative_to(folder).parts) == 2:
            folders.clear()
    found = sorted(path for path in found if _has_file_names(path))
    if len({path.suffix for path in found}) > 1:
        raise SoundcheckError(f"'{folder}' has metadata as CSV and as JSON lines ({found[0]}, {found[-1]}): keep one.")
    return found


def path_of(folder: Path, metadata_file: Path, file_name: str) -> str:
    """The path, relative to `folder`, of the file that a metadata file names."""
    beside = metadata_file.parent.relative_to(folder).as_posix()
    return os.path.normpath(PurePosixPath(beside, file_name.replace("\\", "/"))).replace(os.sep, "/")


def _has_file_names(path: Path) -> bool:
    # A metadata.csv of another kind may lie beside folders of classes.
    with path.open("rb") as file:
        return b"file_name" in file.readline()


def unless_one(parts: list[str | None]) -> list[str | None]:
    """The parts; none where there is one alone, such as a folder `train` of what is yet to be parted."""
    return parts if len(set(parts) - {None}) > 1 else [None] * len(parts)
