"""One file downloaded: by one run at a time, tried again where that may help, visible only when it is verified."""

import sys
import threading
from pathlib import Path

from soundcheck.plumbing.downloads.progress import SharedBar
from soundcheck.plumbing.downloads.remote import Remote, fault_of, is_verified
from soundcheck.plumbing.downloads.transfer import Interrupted, Transfer, receive
from soundcheck.plumbing.errors import disk_fault
from soundcheck.plumbing.locks import waiting_lock

_LONGEST_WAIT_S = 60.0


def fetch(
    url: str,
    path: str | Path,
    sha256: str | None = None,
    size: int | None = None,
    attempts: int = 5,
    backoff_s: float = 1.0,
    md5: str | None = None,
) -> Path:
    """Download `url` to `path`, where it appears only when it is complete and verified; nothing is done if it is there.

    The bytes of an interrupted download stay beside it as `<name>.part`, and the next attempt asks the server for the
    rest. `sha256` and `md5` in hex and `size` in bytes are checked when given; the length that the server announces
    always is. `attempts` are spaced `backoff_s`, 2x, 4x ... seconds apart (the server's Retry-After wins). Where
    another process downloads the same file, it is waited for, and what it got is used.

    Raises:
        DownloadError: a wrong digest or size, a web page in place of a file, an HTTP error, a full disk, a
            folder that cannot be written to, or all attempts failed.
    """
    path = Path(path)
    remote = Remote(url, path.name, size, sha256, md5)
    return fetch_unless_stopped(remote, path, threading.Event(), attempts=attempts, backoff_s=backoff_s)


def fetch_unless_stopped(
    remote: Remote,
    path: Path,
    stop: threading.Event,
    progress: SharedBar | None = None,
    attempts: int = 5,
    backoff_s: float = 1.0,
) -> Path:
    """The same for one of several files, which all stop when `stop` is set and may share a bar of progress."""
    if is_verified(path, remote):
        return path
    transfer = Transfer(remote, path, stop, progress)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with waiting_lock(path.with_name(f".{path.name}.lock"), f"{path.name}: another run downloads it; waiting"):
            if not is_verified(path, remote):
                _attempt(transfer, attempts, backoff_s)
    except OSError as problem:
        raise transfer.error(disk_fault(problem, path.parent)) from problem
    return path


def _attempt(transfer: Transfer, attempts: int, backoff_s: float) -> None:
    for attempt in range(attempts):
        resumed = transfer.part.is_file() and transfer.part.stat().st_size > 0
        try:
            receive(transfer)
        except Interrupted as problem:
            last = problem
            if attempt + 1 < attempts:
                seconds = problem.wait_s if problem.wait_s is not None else backoff_s * 2**attempt
                where = f"attempt {attempt + 2} of {attempts} in {seconds:.0f} s"
                print(f"{transfer.path.name}: {problem}; {where}", file=sys.stderr)
                transfer.stop.wait(min(seconds, _LONGEST_WAIT_S))
            continue
        fault = fault_of(transfer.part, transfer.remote)
        if fault is None:
            transfer.part.replace(transfer.path)
            transfer.forget_validator()
            return
        transfer.part.unlink()
        transfer.forget_validator()
        if not resumed:
            raise transfer.error(f"{fault}. The file was removed; check whether the published file has changed")
        # The remainder may belong to a newer version of the file than the start: only a whole download can tell.
        last = Interrupted(f"{fault} after resuming")
    is_kept = transfer.part.is_file() and transfer.part.stat().st_size > 0 and transfer.can_resume()
    then = "What was received is kept: run again to resume" if is_kept else "Run again later"
    raise transfer.error(f"{last}, after {attempts} attempts. {then}")
