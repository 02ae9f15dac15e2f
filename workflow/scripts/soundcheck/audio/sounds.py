"""The files that a transform such as AddBackgroundNoise draws from; light: a configuration is checked with it."""

import os
from collections.abc import Sequence
from pathlib import Path

# What libsndfile reads of the suffixes for which audiomentations looks.
SUFFIXES = (".aif", ".aiff", ".flac", ".mp3", ".ogg", ".opus", ".wav")


def sound_files(paths: str | Sequence[str]) -> list[str]:
    """The audio files that a path, or each of several, names: a file, or all in a folder, in an order of their names.

    Hidden files and folders (names that start with a dot) are ignored, as they are in a folder of recordings. The order
    is that of the paths and of the names below them, on every disk alike.
    """
    found = []
    for path in map(Path, [paths] if isinstance(paths, str) else paths):
        found += _below(path) if path.is_dir() else [str(path)] if path.name.lower().endswith(SUFFIXES) else []
    return found


def _below(folder: Path) -> list[str]:
    found = []
    for parent, folders, files in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(parent, name) for name in files if not name.startswith(".") and name.lower().endswith(SUFFIXES)]
    return [str(path) for path in sorted(found, key=lambda path: path.relative_to(folder).parts)]
