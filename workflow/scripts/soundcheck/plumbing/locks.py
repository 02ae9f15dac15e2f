"""Locks that a killed run cannot leave behind; by `filelock`, which takes `flock` of the operating system.

Some file systems of clusters have no such locks (Lustre mounted without `flock`). There the lock is a marker, a file
that exists while it is held. A marker left by a killed run is removed by the next run on the same machine; on another
machine nobody can tell, and the message names the file to remove.
"""

import atexit
import contextlib
import errno
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from soundcheck.plumbing.errors import SoundcheckError

if TYPE_CHECKING:
    from filelock import BaseFileLock

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)
# A stale marker is removed by one attempt and replaced by the next.
_MARKER_TIMEOUT_S = 0.2


def hold_lock(path: str | Path) -> None:
    """Lock `path` until this process ends, however it ends.

    Snakemake's own lock is a file that outlives `kill -9`, after which the same command refuses to start.

    Raises:
        SoundcheckError: another run holds the lock, or its file cannot be written.
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = _acquired(path)
    except OSError as problem:
        raise SoundcheckError(
            f"cannot lock the results with '{path}' ({problem.strerror or problem}); make their folder writable, or "
            "set `results` to another one"
        ) from None
    if lock is None:
        raise SoundcheckError(
            f"another run ({_holder(path)}) makes the same results; wait for it, or stop it first{_advice(path)}"
        )
    atexit.register(lock.release)


def take_lock(path: str | Path) -> bool:
    """Lock `path` until this process ends, however it ends; False where another process holds it.

    Raises:
        OSError: the lock's folder cannot be written to.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = _acquired(path)
    if lock is None:
        return False
    atexit.register(lock.release)
    return True


@contextlib.contextmanager
def waiting_lock(path: str | Path, message: str) -> Iterator[None]:
    """Hold the lock `path`; where another process or thread holds it, say `message` and wait. Nothing is left behind.

    Raises:
        OSError: the lock's folder cannot be written to.
    """
    path = Path(path)
    lock = _acquired(path)
    if lock is None:
        print(f"{message}{_advice(path)}", file=sys.stderr, flush=True)
        lock = _acquired(path, waits=True)
    try:
        yield
    finally:
        # Removed while it is held: whoever locks the file after that sees that it has no name any more, and retries.
        path.unlink(missing_ok=True)
        if lock is not None:
            lock.release()


def _acquired(path: Path, waits: bool = False) -> "BaseFileLock | None":
    """The lock, held; or None where somebody else holds it, unless this `waits`."""
    # Takes 0.1 s, and most of what imports this module locks nothing.
    from filelock import FileLock, SoftFileLock, Timeout

    lock: BaseFileLock = FileLock(path, thread_local=False, fallback_to_soft=False, on_acquired=_write_process_id)
    try:
        lock.acquire(timeout=-1 if waits else 0)
        return lock
    except Timeout:
        return None
    except OSError as problem:
        # Of these, filelock takes a marker for ENOSYS alone.
        if problem.errno not in _NO_LOCKS:
            raise
    lock = SoftFileLock(_marker(path), thread_local=False)
    try:
        lock.acquire(timeout=-1 if waits else _MARKER_TIMEOUT_S)
        return lock
    except Timeout:
        return None


def _write_process_id(descriptor: int) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)


def _marker(path: Path) -> Path:
    """A file of its own: that of the lock is there also when nobody holds it."""
    return path.with_name(f"{path.name}.held")


def _holder(path: Path) -> str:
    """Who holds the lock: the number of its process, of a marker also its machine."""
    file = _marker(path) if _marker(path).exists() else path
    try:
        process, *machine = file.read_text(encoding="utf-8").split()[:2]
    except (OSError, ValueError):
        return "unknown"
    # filelock appends the process namespace to the name of the machine, after a `?`.
    return f"process {process}" + "".join(f" on {name.split('?')[0]}" for name in machine)


def _advice(path: Path) -> str:
    marker = _marker(path)
    return f". If no such run is there any more, remove '{marker}'" if marker.exists() else ""
