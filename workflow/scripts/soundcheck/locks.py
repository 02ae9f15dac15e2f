"""A lock on the working directory that a killed run cannot leave behind."""

import fcntl
import os
from pathlib import Path

from soundcheck.errors import SoundcheckError

_held = []


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
