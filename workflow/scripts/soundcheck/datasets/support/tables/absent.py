"""Files that a table names and that are not there: where they are instead, and what differs in their names."""

import os
import re
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

from soundcheck.datasets.support.audio_files import audio_files
from soundcheck.ids import letters
from soundcheck.plumbing.errors import SoundcheckError, nearest_name
from soundcheck.plumbing.files import readable


def check_some_exist(folder: Path, path: Path, paths: Sequence[str]) -> None:
    """Raise SoundcheckError, with what to do, where none of the files that a CSV names is there."""
    if any(os.path.isfile(folder / name) for name in paths):
        return
    raise SoundcheckError(
        f"{path}: none of its {len(paths)} files is in '{folder}' (first: '{paths[0]}'). {_where(folder, path, paths)}."
    )


def _where(folder: Path, path: Path, paths: Sequence[str]) -> str:
    """Where the files of a CSV lie instead, or what to do."""
    if any(os.path.isfile(path.parent / name) for name in paths):
        return f"They lie beside the CSV: set `dir` to '{path.parent}'"
    for above in folder.resolve().parents:
        if any(os.path.isfile(above / name) for name in paths):
            return f"They start at '{above}': set `dir` to it"
    there = audio_files(folder)
    names = {PurePosixPath(found).name: found for found in there}
    found = next((names[PurePosixPath(name).name] for name in paths if PurePosixPath(name).name in names), None)
    if found:
        return (
            f"There is '{readable(found)}': write paths as they are from `dir` on, or set `dir` to the folder where "
            "they start"
        )
    return difference(paths, there) or "Set `dir` to the folder they lie in"


def difference(paths: Sequence[str], there: Sequence[str]) -> str | None:
    """What the paths of a table write otherwise than the nearest file that is there; None where none is near."""
    for what, same in _SAME.items():
        files = {same(found): found for found in reversed(there)}
        near = next(((path, files[same(path)]) for path in paths if same(path) in files), None)
        if near:
            return (
                f"There is '{readable(near[1])}', which differs from '{near[0]}' in {what}: write paths as the files "
                "are called"
            )
    near = next(((path, name) for path in paths[:100] if (name := nearest_name(path, there[:1000]))), None)
    return f"The nearest file to '{near[0]}' is '{readable(near[1])}'" if near else None


def _without_suffix(path: str) -> str:
    return str(PurePosixPath(path).with_suffix("")) if PurePosixPath(path).name else path


def _without_zeros(path: str) -> str:
    return re.sub(r"0*(\d+)", r"\1", _without_suffix(path)).casefold()


def _letters_alone(path: str) -> str:
    return letters(_without_suffix(unquote(path)))


def _name_alone(path: str) -> str:
    return _letters_alone(PurePosixPath(path).name)


def _numbers_and_letters(path: str) -> str:
    return letters(_without_zeros(PurePosixPath(unquote(path)).name))


# From the least difference to the largest.
_SAME = {
    "its suffix": _without_suffix,
    "its zeros": _without_zeros,
    "its marks or folders": _letters_alone,
    "its folder, marks or suffix": _name_alone,
    "its folder, zeros, marks or suffix": _numbers_and_letters,
}
