"""Locks that a killed run cannot leave behind."""

import contextlib
import errno
import fcntl
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from soundcheck.plumbing.errors import SoundcheckError

_held = []
# Some file systems of clusters have no locks: then nobody can be waited for.
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP)


def hold_lock(path: str | Path) -> None:
    """Lock `path` until this process ends, however it ends.

    Snakemake's own lock is a file that outlives `kill -9`, after which the same command refuses to start.

    Raises:
        SoundcheckError: another run holds the lock.
    """
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    stream = open(path, "a+")  # noqa: SIM115 - open until the process ends
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        stream.seek(0)
        raise SoundcheckError(
            f"another run (process {stream.read().strip()}) works in this directory; wait for it, or stop it first"
        ) from None
    stream.truncate(0)
    stream.write(str(os.getpid()))
    stream.flush()
    _held.append(stream)


@contextlib.contextmanager
def waiting_lock(path: str | Path, message: str) -> Iterator[None]:
    """Hold the lock `path`; where another process or thread holds it, say `message` and wait. Nothing is left behind.

    Raises:
        OSError: the lock's folder cannot be written to.
    """
    path = Path(path)
    stream = _acquired(path, message)
    try:
        yield
    finally:
        # Removed while it is held, so that nobody can be holding the file that is removed.
        path.unlink(missing_ok=True)
        stream.close()


def _acquired(path: Path, message: str) -> IO:
    said = False
    while True:
        stream = open(path, "a")  # noqa: SIM115 - open until the lock is released
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not said:
                print(message, file=sys.stderr, flush=True)
                said = True
            fcntl.flock(stream, fcntl.LOCK_EX)
        except OSError as problem:
            if problem.errno not in _NO_LOCKS:
                raise
        if _is_still(path, stream):
            return stream
        # Whoever held it removed it at the end: this is a lock on a file without a name, which excludes nobody.
        stream.close()


def _is_still(path: Path, stream: IO) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(stream.fileno()))
    except FileNotFoundError:
        return False
