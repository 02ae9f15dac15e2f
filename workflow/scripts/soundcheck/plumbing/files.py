"""Files that are either complete or absent."""

import contextlib
import csv
import functools
import glob
import hashlib
import io
import os
import re
import socket
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

_OLD_S = 24 * 3600.0


def here_or_in(folder: str | Path, name: str | Path) -> Path | None:
    """The file of this name in the working directory, else in a folder; None where it is in neither."""
    return next((path for path in (Path(name), Path(folder, name)) if path.is_file()), None)


def readable(name: str) -> str:
    """The name of a file as text: bytes of it that are not UTF-8 are written as `\\xe9`, others stay as they are."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def walk(folder: str) -> Iterator[tuple[str, list[str]]]:
    """`folder`, the folders below it, and their files, in the order of their names, but not hidden ones.

    Linked folders are followed, each once.
    """
    seen = set()
    for parent, folders, names in os.walk(folder, followlinks=True):
        real = os.path.realpath(parent)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield parent, sorted(name for name in names if not name.startswith("."))


@contextlib.contextmanager
def atomic(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; move it there when the block ends well, remove it when it raises.

    Missing parent folders are made. A reader therefore never sees a half-written file, also after `kill -9`; of several
    processes that write one path at once, the last one's file stays. What a killed process left of the same file is
    removed: that of this machine, and whatever is older than a day.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove_left_behind(path)
    handle, name = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.name}.{_machine()}{os.getpid()}-", suffix=path.suffix
    )
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _remove_left_behind(path: Path) -> None:
    # mkstemp puts eight characters between prefix and suffix; before, there was no process in front of them.
    form = re.compile(
        rf"\.{re.escape(path.name)}\.(?:(?P<machine>[0-9a-f]{{4}})(?P<process>\d+)-)?\w{{8}}{re.escape(path.suffix)}"
    )
    for file in path.parent.glob(f".{glob.escape(path.name)}.*"):
        found = form.fullmatch(file.name)
        if not found:
            continue
        is_of_here = found["machine"] == _machine()
        with contextlib.suppress(OSError):
            if (is_of_here and not is_alive(int(found["process"]))) or time.time() - file.stat().st_mtime > _OLD_S:
                file.unlink()


@functools.cache
def _machine() -> str:
    """Four digits that tell this machine from others that may write to the same disk."""
    return hashlib.sha256(socket.gethostname().encode()).hexdigest()[:4]


def is_alive(process: int) -> bool:
    """Whether there is a process of this number on this machine."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


@contextlib.contextmanager
def csv_rows(path: str | Path, columns: Sequence[str]) -> Iterator[Callable[[dict], object]]:
    """Yield a function that writes one row, a dict, of a CSV file with these columns; the file appears at the end."""
    with atomic(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
        writer.writeheader()
        yield writer.writerow


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    """Rows as the text of a CSV file with these columns; the header also where there are no rows."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def read_rows(path: str | Path) -> list[dict[str, str]]:
    """The rows of a CSV file with a header, as dicts."""
    with Path(path).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def file_sha256(path: str | Path) -> str:
    """SHA-256 of a file, in hex."""
    return file_digest(path, "sha256")


def file_digest(path: str | Path, algorithm: str) -> str:
    """The digest of a file by an algorithm of hashlib, in hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(algorithm, usedforsecurity=False)).hexdigest()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
