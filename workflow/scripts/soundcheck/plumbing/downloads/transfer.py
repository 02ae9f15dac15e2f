"""One attempt at a file over HTTP: what is missing of it is asked for, and appended to what is here."""

import contextlib
import email.utils
import functools
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from soundcheck.plumbing.downloads.progress import SharedBar, Watch, bar
from soundcheck.plumbing.downloads.remote import Remote
from soundcheck.plumbing.errors import DownloadError

if TYPE_CHECKING:
    import requests

_CHUNK = 1 << 16
_TIMEOUT_S = (15, 60)
_RETRIED_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
# Without this, a server may compress on the fly, and lengths and ranges no longer mean bytes of the file.
_HEADERS = {"Accept-Encoding": "identity", "User-Agent": "soundcheck"}


class Interrupted(Exception):
    """A failure that another attempt may cure; the bytes received so far are kept."""

    def __init__(self, reason: str, wait_s: float | None = None):
        super().__init__(reason)
        self.wait_s = wait_s


@dataclass(frozen=True)
class Transfer:
    """A published file on its way to its place here."""

    remote: Remote
    path: Path
    # Set when another file of the same dataset has failed, or the user has given up.
    stop: threading.Event = field(default_factory=threading.Event)
    progress: SharedBar | None = None

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


def announced_size(remote: Remote) -> int | None:
    """The length of a published file; what the server says where it is not known."""
    if remote.size is not None:
        return remote.size
    import requests

    try:
        response = requests.head(remote.url, headers=_HEADERS, allow_redirects=True, timeout=_TIMEOUT_S)
    except requests.RequestException:
        return None
    length = response.headers.get("Content-Length", "")
    return int(length) if response.status_code == 200 and length.isdigit() else None


def received(path: Path) -> int:
    """How many bytes of a file were received before, and not yet completed."""
    part = _part(path)
    return part.stat().st_size if part.is_file() else 0


def _part(path: Path) -> Path:
    return path.with_name(f"{path.name}.part")


def receive(transfer: Transfer) -> None:
    """One attempt: ask for what is missing of the part file, and append it."""
    import requests

    from soundcheck.plumbing.downloads.failures import CONNECTION_FAILURES, failure

    start = transfer.part.stat().st_size if transfer.part.is_file() and transfer.can_resume() else 0
    headers = dict(_HEADERS)
    if start:
        headers["Range"] = f"bytes={start}-"
        if transfer.validator.is_file():
            headers["If-Range"] = transfer.validator.read_text()
    try:
        with requests.get(transfer.remote.url, headers=headers, stream=True, timeout=_TIMEOUT_S) as response:
            _append(response, transfer, start)
    except CONNECTION_FAILURES as problem:
        reason, is_final = failure(problem, urllib.parse.urlsplit(transfer.remote.url).hostname or "")
        if is_final:
            raise transfer.error(reason) from problem
        raise Interrupted(reason) from problem
    except requests.RequestException as problem:
        raise transfer.error(str(problem)) from problem


def _append(response: "requests.Response", transfer: Transfer, start: int) -> None:
    if start and response.status_code == 416:
        if _range_total(response) == start:
            return
        transfer.part.unlink()
        raise Interrupted("the partial file does not match the published one")
    if response.status_code in _RETRIED_STATUS:
        raise Interrupted(f"HTTP {response.status_code} {response.reason}", _retry_after(response))
    if response.status_code not in (200, 206):
        advice = "check the address, or download it by hand to the place that the dataset's manual names"
        raise transfer.error(f"HTTP {response.status_code} {response.reason}; {advice}")
    if response.status_code == 206 and _range_start(response) != start:
        transfer.part.unlink(missing_ok=True)
        raise Interrupted("the server sent another range than the one asked for")
    if response.status_code == 206 and start and _is_of_another_version(response, transfer):
        transfer.part.unlink(missing_ok=True)
        transfer.forget_validator()
        raise Interrupted("the published file has changed since its start was received, which was removed")
    if response.status_code == 200:
        start = 0
    total = _announced_total(response, start)
    _remember_version(response, transfer)
    with open(transfer.part, "ab" if start else "wb") as part, _progress(transfer, start, total) as show:
        watch = Watch(transfer.path.name, start, total)
        for i, chunk in enumerate(_chunks(response)):
            if start == 0 and i == 0:
                _refuse_html(response, chunk, transfer)
            if transfer.stop.is_set():
                raise transfer.error(
                    "stopped, because another file failed. What was received is kept: run again to resume"
                )
            part.write(chunk)
            # Whatever has come is kept, however slowly it comes.
            part.flush()
            show(part.tell())
            watch.note(part.tell())
    n_received = transfer.part.stat().st_size
    if n_received == 0:
        raise Interrupted("the server sent nothing")
    if total is not None and n_received != total:
        if n_received > total:
            transfer.part.unlink()
        raise Interrupted(f"received {n_received} of {total} bytes")


def _chunks(response: "requests.Response") -> Iterator[bytes]:
    """What the server sends, as it comes: `iter_content` would wait until a whole chunk is there."""
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        yield chunk


def _is_of_another_version(response: "requests.Response", transfer: Transfer) -> bool:
    """Whether a server that sends a part, although it was asked for that of one version only, says that it is not."""
    if not transfer.validator.is_file():
        return False
    ours = transfer.validator.read_text()
    theirs = response.headers.get("ETag" if ours.startswith('"') else "Last-Modified", "").removeprefix("W/")
    return bool(theirs) and theirs != ours


def _refuse_html(response: "requests.Response", first_bytes: bytes, transfer: Transfer) -> None:
    if transfer.path.suffix.lower() in (".html", ".htm"):
        return
    start = first_bytes.lstrip(b"\xef\xbb\xbf \t\r\n")[:16].lower()
    if start.startswith((b"<!doctype html", b"<html")) or "text/html" in response.headers.get("Content-Type", ""):
        transfer.part.unlink(missing_ok=True)
        transfer.forget_validator()
        raise transfer.error(
            "the server sent a web page, not the file; open the address in a browser to see what it asks for"
        )


def _remember_version(response: "requests.Response", transfer: Transfer) -> None:
    etag = response.headers.get("ETag", "")
    # A weak ETag does not promise equal bytes, and must not be used to resume (RFC 9110, 13.1.5).
    version = etag if etag and not etag.startswith("W/") else response.headers.get("Last-Modified")
    if version:
        transfer.validator.write_text(version)
    else:
        transfer.forget_validator()


def _announced_total(response: "requests.Response", start: int) -> int | None:
    if response.status_code == 206:
        return _range_total(response)
    length = response.headers.get("Content-Length", "")
    return start + int(length) if length.isdigit() else None


def _range_start(response: "requests.Response") -> int | None:
    text = response.headers.get("Content-Range", "").removeprefix("bytes ").split("-")[0]
    return int(text) if text.isdigit() else None


def _range_total(response: "requests.Response") -> int | None:
    text = response.headers.get("Content-Range", "").rpartition("/")[2]
    return int(text) if text.isdigit() else None


def _retry_after(response: "requests.Response") -> float | None:
    text = response.headers.get("Retry-After", "")
    if text.isdigit():
        return float(text)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - time.time())
    except ValueError:
        return None  # absent, or neither seconds nor a date


@contextlib.contextmanager
def _progress(transfer: Transfer, start: int, total: int | None) -> Iterator[Callable[[int], object]]:
    """A function to call with the number of bytes that are here."""
    if transfer.progress:
        transfer.progress.show(transfer.path, start)
        yield functools.partial(transfer.progress.show, transfer.path)
    else:
        with bar(transfer.path.name, start, total) as own:
            yield lambda position: own.update(position - own.n)
