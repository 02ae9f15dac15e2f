"""Which files below a folder are meant as audio, and ids made of their paths."""

import hashlib
import os
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from soundcheck.audio.suffixes import AUDIO_SUFFIXES
from soundcheck.datasets.support.characters import tidy
from soundcheck.ids import safe_id
from soundcheck.plumbing.files import walk


def audio_files(folder: str | Path) -> list[str]:
    """Paths of all audio files below `folder`, relative to it, with forward slashes, sorted.

    Hidden files and folders (names that start with a dot) are ignored; linked folders are followed, each once.
    """
    folder = Path(folder)
    found = []
    for parent, names in walk(str(folder)):
        below = Path(parent).relative_to(folder)
        found += [(below / name).as_posix() for name in names if Path(name).suffix.lower() in AUDIO_SUFFIXES]
    return sorted(found)


def ids_of(paths: Sequence[str]) -> list[str]:
    """Safe ids; where two paths would get the same one (`a b.wav`, `a_b.wav`, `a_b.mp3`), a digest tells them apart."""
    ids = [safe_id(str(PurePosixPath(path).with_suffix(""))) for path in paths]
    count = Counter(ids)
    digests = [hashlib.sha256(os.fsencode(path)).hexdigest()[:8] for path in paths]
    return [f"{name}-{digest}" if count[name] > 1 else name for name, digest in zip(ids, digests, strict=True)]


def as_on_disk(folder: Path, paths: Sequence[str]) -> list[str]:
    """Paths as the files below `folder` are called, where a table writes them a little otherwise.

    A path that names no file becomes the only one that differs in case, Unicode's form (macOS and others write `ü` in
    two ways), spaces around names or what nobody sees, or whose suffix the table leaves out. Other paths stay as they
    are.
    """
    absent = {path for path in paths if not os.path.isfile(folder / path)}
    if not absent:
        return list(paths)
    there: dict[str, list[str]] = defaultdict(list)
    for path in audio_files(folder):
        there[_spelling(path)].append(path)
        there[_spelling(str(PurePosixPath(path).with_suffix("")))].append(path)
    return [_only(there[_spelling(path)], path) if path in absent else path for path in paths]


def _only(found: list[str], path: str) -> str:
    return found[0] if len(found) == 1 else path


def _spelling(path: str) -> str:
    return "/".join(tidy(name) for name in path.split("/")).casefold()
