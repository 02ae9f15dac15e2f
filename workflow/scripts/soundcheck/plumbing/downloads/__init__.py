"""Downloads of several files at once: announced, checked against the space on the disk, each verified and resumable.

Our own code and not pooch, which asks for one file at a time, begins a broken download anew (no `Range`), knows no lock
between runs and does not look at the disk: a dataset here is up to 156 GB in hundreds of files. Files of the Hugging
Face hub come by its own library (`hub.py`).
"""

import shutil
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from pathlib import Path

from soundcheck.plumbing.downloads.fetching import fetch_unless_stopped
from soundcheck.plumbing.downloads.progress import SharedBar
from soundcheck.plumbing.downloads.remote import Remote
from soundcheck.plumbing.downloads.transfer import announced_size, received
from soundcheck.plumbing.errors import DownloadError

_AT_ONCE = 4


def fetch_all(
    remotes: Sequence[Remote],
    folder: str | Path,
    title: str,
    licence: str,
    unpacked_bytes: int | None = None,
    then: Callable[[Path], object] | None = None,
    attempts: int = 5,
    backoff_s: float = 1.0,
) -> list[Path]:
    """Download `remotes` into `folder`, several at once, each as by `fetching.fetch`; their paths, in the order given.

    Before the start, licence, size and free space are shown, the server being asked for sizes that are not known.
    `unpacked_bytes` is the space that unpacking will need besides. `then` is called with each path as soon as it is
    complete, in the downloading thread: to unpack and remove one archive while others are still coming.
    Raises `DownloadError` for the first file that fails (the others stop, and go on from there the next time), and
    before anything is downloaded when the disk is too small.
    """
    folder = Path(folder)
    missing = [remote for remote in remotes if not _is_there(remote, folder)]
    n_bytes = _announce(missing, folder, title, licence, unpacked_bytes or 0) if missing else None
    stop = threading.Event()
    progress = SharedBar(title, n_bytes) if len(missing) > 1 else None

    def one(remote: Remote) -> Path:
        path = fetch_unless_stopped(remote, folder / remote.file, stop, progress, attempts, backoff_s)
        if then:
            then(path)
        return path

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        futures = [pool.submit(one, remote) for remote in remotes]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            problem = next((future.exception() for future in done if future.exception()), None)
            if problem:
                raise problem
            return [future.result() for future in futures]
        finally:
            stop.set()
            for future in futures:
                future.cancel()
            if progress:
                progress.close()


def _is_there(remote: Remote, folder: Path) -> bool:
    # Length alone: the digest of what is there is checked when its turn comes.
    path = folder / remote.file
    return path.is_file() and remote.size in (None, path.stat().st_size)


def _announce(missing: Sequence[Remote], folder: Path, title: str, licence: str, unpacked_bytes: int) -> int | None:
    """Say what will be downloaded, and refuse it where the disk is too small; the number of bytes, if it is known."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        sizes = list(pool.map(announced_size, missing))
    known = sum(size or 0 for size in sizes)
    size = readable(known) if None not in sizes else f"at least {readable(known)}" if known else "of unknown size"
    files = "1 file" if len(missing) == 1 else f"{len(missing)} files"
    n_received = sum(received(folder / remote.file) for remote in missing)
    needed = max(0, known - n_received) + unpacked_bytes
    free = shutil.disk_usage(_existing(folder)).free
    print(f"{title}: {files} to download, {size}, into '{folder}'.", file=sys.stderr)
    if n_received:
        print(f"  {readable(n_received)} of it are here already.", file=sys.stderr)
    print(f"  Space needed: {readable(needed)}, of which for unpacking {readable(unpacked_bytes)}.", file=sys.stderr)
    print(f"  Space free: {readable(free)}.", file=sys.stderr)
    print(f"  Licence: {licence}.", file=sys.stderr, flush=True)
    if needed > free:
        raise DownloadError(
            f"{title} needs {readable(needed)} of disk space at '{folder}', and {readable(free)} are free. Nothing was "
            "downloaded: free some space, or set `dir` to a folder on another disk."
        )
    return None if None in sizes else known


def _existing(folder: Path) -> Path:
    folder = folder.absolute()
    return next(parent for parent in (folder, *folder.parents) if parent.exists())


def readable(n_bytes: int) -> str:
    """A number of bytes for people: `2.97 GB`."""
    for unit, name in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if n_bytes >= unit:
            return f"{n_bytes / unit:.3g} {name}"
    return f"{n_bytes} bytes"
