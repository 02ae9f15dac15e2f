"""Downloads that resume, are verified, and become visible only when they are complete."""

import contextlib
import email.utils
import errno
import functools
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from soundcheck.errors import SoundcheckError
from soundcheck.files import file_digest
from soundcheck.locks import waiting_lock

_CHUNK = 1 << 16
_AT_ONCE = 4
_TIMEOUT_S = (15, 60)
_RETRIED_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_WAIT_S = 60.0


class DownloadError(SoundcheckError):
    """What could not be downloaded or unpacked, from where, why, and what to do about it."""


class _Interrupted(Exception):
    """A failure that another attempt may cure; the bytes received so far are kept."""

    def __init__(self, reason: str, wait_s: float | None = None):
        super().__init__(reason)
        self.wait_s = wait_s


@dataclass(frozen=True)
class Remote:
    """A published file: its address, its path below a folder here, and what is known of it to check it by."""

    url: str
    file: str
    size: int | None = None
    sha256: str | None = None
    md5: str | None = None


def fetch_all(
    remotes: Sequence[Remote],
    folder: str | Path,
    title: str,
    licence: str,
    unpacked_bytes: int | None = None,
    then: Callable[[Path], object] | None = None,
    **retries: float,
) -> list[Path]:
    """Download `remotes` into `folder`, several at once, each as by `fetch`; their paths, in the order given.

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
    progress = _SharedBar(title, n_bytes) if len(missing) > 1 else None

    def one(remote: Remote) -> Path:
        path = _fetch(remote, folder / remote.file, stop, progress, **retries)
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
        sizes = list(pool.map(_size, missing))
    known = sum(size or 0 for size in sizes)
    size = readable(known) if None not in sizes else f"at least {readable(known)}" if known else "of unknown size"
    files = "1 file" if len(missing) == 1 else f"{len(missing)} files"
    received = sum(_received(folder / remote.file) for remote in missing)
    needed = max(0, known - received) + unpacked_bytes
    free = shutil.disk_usage(_existing(folder)).free
    print(f"{title}: {files} to download, {size}, into '{folder}'.", file=sys.stderr)
    if received:
        print(f"  {readable(received)} of it are here already.", file=sys.stderr)
    print(f"  Space needed: {readable(needed)}, of which for unpacking {readable(unpacked_bytes)}.", file=sys.stderr)
    print(f"  Space free: {readable(free)}.", file=sys.stderr)
    print(f"  Licence: {licence}.", file=sys.stderr, flush=True)
    if needed > free:
        raise DownloadError(
            f"{title} needs {readable(needed)} of disk space at '{folder}', and {readable(free)} are free. Nothing was "
            "downloaded: free some space, or set `dir` to a folder on another disk."
        )
    return None if None in sizes else known


def _size(remote: Remote) -> int | None:
    """The length of a published file; what the server says where it is not known."""
    if remote.size is not None:
        return remote.size
    import requests

    headers = {"Accept-Encoding": "identity", "User-Agent": "soundcheck"}
    try:
        response = requests.head(remote.url, headers=headers, allow_redirects=True, timeout=_TIMEOUT_S)
    except requests.RequestException:
        return None
    length = response.headers.get("Content-Length", "")
    return int(length) if response.status_code == 200 and length.isdigit() else None


def _received(path: Path) -> int:
    part = _part(path)
    return part.stat().st_size if part.is_file() else 0


def _existing(folder: Path) -> Path:
    folder = folder.absolute()
    return next(parent for parent in (folder, *folder.parents) if parent.exists())


def readable(n_bytes: int) -> str:
    """A number of bytes for people: `2.97 GB`."""
    for unit, name in ((1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        if n_bytes >= unit:
            return f"{n_bytes / unit:.3g} {name}"
    return f"{n_bytes} bytes"


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
    Raises `DownloadError` for a wrong digest or size, a web page in place of a file, an HTTP error, a full disk, a
    folder that cannot be written to, or when all attempts failed.
    """
    path = Path(path)
    remote = Remote(url, path.name, size, sha256, md5)
    return _fetch(remote, path, threading.Event(), attempts=attempts, backoff_s=backoff_s)


def _fetch(
    remote: Remote,
    path: Path,
    stop: threading.Event,
    progress: "_SharedBar | None" = None,
    attempts: int = 5,
    backoff_s: float = 1.0,
) -> Path:
    if _is_verified(path, remote):
        return path
    job = _Job(remote, path, stop, progress)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with waiting_lock(path.with_name(f".{path.name}.lock"), f"{path.name}: another run downloads it; waiting"):
            if not _is_verified(path, remote):
                _attempt(job, attempts, backoff_s)
    except OSError as problem:
        raise job.error(disk_fault(problem, path.parent)) from problem
    return path


def _attempt(job: "_Job", attempts: int, backoff_s: float) -> None:
    for attempt in range(attempts):
        resumed = job.part.is_file() and job.part.stat().st_size > 0
        try:
            _receive(job)
        except _Interrupted as problem:
            last = problem
            if attempt + 1 < attempts:
                seconds = problem.wait_s if problem.wait_s is not None else backoff_s * 2**attempt
                where = f"attempt {attempt + 2} of {attempts} in {seconds:.0f} s"
                print(f"{job.path.name}: {problem}; {where}", file=sys.stderr)
                job.stop.wait(min(seconds, _LONGEST_WAIT_S))
            continue
        fault = _fault(job.part, job.remote)
        if fault is None:
            job.part.replace(job.path)
            job.forget_validator()
            return
        job.part.unlink()
        job.forget_validator()
        if not resumed:
            raise job.error(f"{fault}. The file was removed; check whether the published file has changed")
        # The remainder may belong to a newer version of the file than the start: only a whole download can tell.
        last = _Interrupted(f"{fault} after resuming")
    raise job.error(f"{last}, after {attempts} attempts. What was received is kept: run again to resume")


def disk_fault(problem: OSError, folder: Path) -> str:
    """What a failure to write below `folder` means, and what to do."""
    if problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return (
            f"no space is left for it in '{folder}' ({problem.strerror}). What is complete is kept: free some space "
            "and run again, or set `dir` to a folder on another disk"
        )
    if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"'{folder}' cannot be written to ({problem.strerror}). Get the right to write there, or set `dir` to "
            "another folder"
        )
    return str(problem)


@dataclass(frozen=True)
class _Job:
    remote: Remote
    path: Path
    # Set when another file of the same dataset has failed, or the user has given up.
    stop: threading.Event = field(default_factory=threading.Event)
    progress: "_SharedBar | None" = None

    def can_resume(self) -> bool:
        """Whether a mixture of two versions of the file would be noticed, by the server or by the digest."""
        return bool(self.remote.sha256 or self.remote.md5) or self.validator.is_file()

    @property
    def part(self) -> Path:
        """What was received so far."""
        return _part(self.path)

    @property
    def validator(self) -> Path:
        """Names the version of the file (ETag or date) that the `.part` belongs to."""
        return self.part.with_name(f"{self.part.name}.version")

    def forget_validator(self) -> None:
        self.validator.unlink(missing_ok=True)

    def error(self, reason: str) -> DownloadError:
        return DownloadError(f"cannot download {self.path.name} from {self.remote.url}: {reason}.")


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def _receive(job: _Job) -> None:
    """One attempt: ask for what is missing of the part file, and append it."""
    import requests

    start = job.part.stat().st_size if job.part.is_file() and job.can_resume() else 0
    # Without this, a server may compress on the fly, and lengths and ranges no longer mean bytes of the file.
    headers = {"Accept-Encoding": "identity", "User-Agent": "soundcheck"}
    if start:
        headers["Range"] = f"bytes={start}-"
        if job.validator.is_file():
            headers["If-Range"] = job.validator.read_text()
    try:
        with requests.get(job.remote.url, headers=headers, stream=True, timeout=_TIMEOUT_S) as response:
            _append(response, job, start)
    except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as problem:
        raise _Interrupted(f"connection failed ({type(problem).__name__})") from problem
    except requests.RequestException as problem:
        raise job.error(str(problem)) from problem


def _append(response, job: _Job, start: int) -> None:
    if start and response.status_code == 416:
        if _range_total(response) == start:
            return
        job.part.unlink()
        raise _Interrupted("the partial file does not match the published one")
    if response.status_code in _RETRIED_STATUS:
        raise _Interrupted(f"HTTP {response.status_code} {response.reason}", _retry_after(response))
    if response.status_code not in (200, 206):
        advice = "check the address, or download it by hand to the place that the dataset's manual names"
        raise job.error(f"HTTP {response.status_code} {response.reason}; {advice}")
    if response.status_code == 206 and _range_start(response) != start:
        job.part.unlink(missing_ok=True)
        raise _Interrupted("the server sent another range than the one asked for")
    if response.status_code == 200:
        start = 0
    total = _announced_total(response, start)
    _remember_version(response, job)
    with open(job.part, "ab" if start else "wb") as part, _progress(job, start, total) as show:
        for i, chunk in enumerate(response.iter_content(_CHUNK)):
            if start == 0 and i == 0:
                _refuse_html(response, chunk, job)
            if job.stop.is_set():
                raise job.error("stopped, because another file failed. What was received is kept: run again to resume")
            part.write(chunk)
            show(part.tell())
    received = job.part.stat().st_size
    if received == 0:
        raise _Interrupted("the server sent nothing")
    if total is not None and received != total:
        if received > total:
            job.part.unlink()
        raise _Interrupted(f"received {received} of {total} bytes")


def _refuse_html(response, first_bytes: bytes, job: _Job) -> None:
    if job.path.suffix.lower() in (".html", ".htm"):
        return
    start = first_bytes.lstrip(b"\xef\xbb\xbf \t\r\n")[:16].lower()
    if start.startswith((b"<!doctype html", b"<html")) or "text/html" in response.headers.get("Content-Type", ""):
        job.part.unlink(missing_ok=True)
        job.forget_validator()
        raise job.error(
            "the server sent a web page, not the file; open the address in a browser to see what it asks for"
        )


def _remember_version(response, job: _Job) -> None:
    etag = response.headers.get("ETag", "")
    # A weak ETag does not promise equal bytes, and must not be used to resume (RFC 9110, 13.1.5).
    version = etag if etag and not etag.startswith("W/") else response.headers.get("Last-Modified")
    if version:
        job.validator.write_text(version)
    else:
        job.forget_validator()


def _announced_total(response, start: int) -> int | None:
    if response.status_code == 206:
        return _range_total(response)
    length = response.headers.get("Content-Length", "")
    return start + int(length) if length.isdigit() else None


def _range_start(response) -> int | None:
    text = response.headers.get("Content-Range", "").removeprefix("bytes ").split("-")[0]
    return int(text) if text.isdigit() else None


def _range_total(response) -> int | None:
    text = response.headers.get("Content-Range", "").rpartition("/")[2]
    return int(text) if text.isdigit() else None


def _retry_after(response) -> float | None:
    text = response.headers.get("Retry-After", "")
    if text.isdigit():
        return float(text)
    date = email.utils.parsedate_to_datetime(text) if text else None
    return max(0.0, date.timestamp() - time.time()) if date else None


@contextlib.contextmanager
def _progress(job: _Job, start: int, total: int | None) -> Iterator[Callable[[int], object]]:
    """A function to call with the number of bytes that are here."""
    if job.progress:
        job.progress.show(job.path, start)
        yield functools.partial(job.progress.show, job.path)
    else:
        with _bar(job.path.name, start, total) as bar:
            yield lambda position: bar.update(position - bar.n)


class _SharedBar:
    """One bar for several files that are downloaded at the same time."""

    def __init__(self, title: str, total: int | None):
        self._bar = _bar(title, 0, total)
        self._positions: dict[Path, int] = {}
        self._lock = threading.Lock()

    def show(self, path: Path, position: int) -> None:
        with self._lock:
            self._bar.update(position - self._positions.get(path, 0))
            self._positions[path] = position

    def close(self) -> None:
        self._bar.close()


def _bar(title: str, start: int, total: int | None):
    from tqdm import tqdm

    # A log file gets a line every half minute, a terminal a moving bar.
    interval = 0.2 if sys.stderr.isatty() else 30.0
    return tqdm(desc=title, initial=start, total=total, unit="B", unit_scale=True, mininterval=interval)


def _is_verified(path: Path, remote: Remote) -> bool:
    return path.is_file() and _fault(path, remote) is None


def _fault(path: Path, remote: Remote) -> str | None:
    """What is wrong with the file at `path`, or None."""
    found = path.stat().st_size
    if remote.size is not None and found != remote.size:
        return f"expected {remote.size} bytes, found {found}"
    for algorithm, expected in (("sha256", remote.sha256), ("md5", remote.md5)):
        digest = file_digest(path, algorithm) if expected else None
        if digest and digest != expected.lower():
            return f"expected {algorithm} {expected.lower()}, found {digest}"
    return None
