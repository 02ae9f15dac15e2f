"""Which files below a folder are meant as audio, and ids made of their paths."""

import hashlib
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from soundcheck.naming import safe_id

# Formats that libsndfile cannot read (m4a, aac, wma) are found too: they are then listed as left out, with the reason,
# where a narrower list would let them vanish.
AUDIO_SUFFIXES = frozenset(
    {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".aif", ".aiff", ".aifc", ".au", ".snd", ".caf", ".w64", ".rf64"}
    | {".m4a", ".aac", ".wma"}
)


def audio_files(folder: str | Path) -> list[str]:
    """Paths of all audio files below `folder`, relative to it, with forward slashes, sorted.

    Hidden files and folders (names that start with a dot) are ignored; linked folders are followed, each once.
    """
    folder = Path(folder)
    found, seen = [], set()
    for parent, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(parent)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        below = Path(parent).relative_to(folder)
        found += [
            (below / name).as_posix()
            for name in files
            if not name.startswith(".") and Path(name).suffix.lower() in AUDIO_SUFFIXES
        ]
    return sorted(found)


def ids_of(paths: Sequence[str]) -> list[str]:
    """Safe ids; where two paths would get the same one (`a b.wav`, `a_b.wav`, `a_b.mp3`), a digest tells them apart."""
    ids = [safe_id(str(PurePosixPath(path).with_suffix(""))) for path in paths]
    count = Counter(ids)
    digests = [hashlib.sha256(path.encode()).hexdigest()[:8] for path in paths]
    return [f"{name}-{digest}" if count[name] > 1 else name for name, digest in zip(ids, digests, strict=True)]
