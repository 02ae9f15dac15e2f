"""Downloads that resume, are verified, and become visible only when they are complete."""

import contextlib
import email.utils
import fnmatch
import gzip
import hashlib
import lzma
import os
import shutil
import stat
import sys
import tarfile
import time
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from soundcheck.errors import SoundcheckError

_CHUNK = 1 << 16
_TIMEOUT_S = (15, 60)
_RETRIED_STATUS = frozenset({408, 425, 429, 500, 502, 503, 504})
_LONGEST_WAIT_S = 60.0
_DAMAGED = (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, lzma.LZMAError, zlib.error, EOFError)


class DownloadError(SoundcheckError):
    """What could not be downloaded or unpacked, from where, why, and what to do about it."""


class _Interrupted(Exception):
    """A failure that another attempt may cure; the bytes received so far are kept."""

    def __init__(self, reason: str, wait_s: float | None = None):
        super().__init__(reason)
        self.wait_s = wait_s


def fetch(
    url: str,
    path: str | Path,
    sha256: str | None = None,
    size: int | None = None,
    attempts: int = 5,
    backoff_s: float = 1.0,
) -> Path:
    """Download `url` to `path`, where it appears only when it is complete and verified; nothing is done if it is there.

    The bytes of an interrupted download stay beside it as `<name>.part`, and the next attempt asks the server for the
    rest. `sha256` in hex and `size` in bytes are checked when given; the length that the server announces always is.
    `attempts` are spaced `backoff_s`, 2x, 4x ... seconds apart (the server's Retry-After wins).
    Raises `DownloadError` for a wrong digest or size, a web page in place of a file, an HTTP error, or when all
    attempts failed.
    """
    path = Path(path)
    if path.is_file() and _fault(path, sha256, size) is None:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    job = _Job(url, path, part, has_digest=sha256 is not None)
    for attempt in range(attempts):
        resumed = part.is_file() and part.stat().st_size > 0
        try:
            _receive(job)
        except _Interrupted as problem:
            last = problem
            if attempt + 1 < attempts:
                wait = problem.wait_s if problem.wait_s is not None else backoff_s * 2**attempt
                print(f"{path.name}: {problem}; attempt {attempt + 2} of {attempts} in {wait:.0f} s", file=sys.stderr)
                time.sleep(min(wait, _LONGEST_WAIT_S))
            continue
        fault = _fault(part, sha256, size)
        if fault is None:
            part.replace(path)
            job.forget_validator()
            return path
        part.unlink()
        job.forget_validator()
        if not resumed:
            raise job.error(f"{fault}. The file was removed; check whether the published file has changed")
        # The remainder may belong to a newer version of the file than the start: only a whole download can tell.
        last = _Interrupted(f"{fault} after resuming")
    raise job.error(f"{last}, after {attempts} attempts. What was received is kept: run again to resume")


@dataclass(frozen=True)
class _Job:
    url: str
    path: Path
    part: Path
    has_digest: bool

    def can_resume(self) -> bool:
        """Whether a mixture of two versions of the file would be noticed, by the server or by the digest."""
        return self.has_digest or self.validator.is_file()

    @property
    def validator(self) -> Path:
        """Names the version of the file (ETag or date) that the `.part` belongs to."""
        return self.part.with_name(f"{self.part.name}.version")

    def forget_validator(self) -> None:
        self.validator.unlink(missing_ok=True)

    def error(self, reason: str) -> DownloadError:
        return DownloadError(f"cannot download {self.path.name} from {self.url}: {reason}.")


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
        with requests.get(job.url, headers=headers, stream=True, timeout=_TIMEOUT_S) as response:
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
    with open(job.part, "ab" if start else "wb") as part, _progress(job.path.name, start, total) as bar:
        for i, chunk in enumerate(response.iter_content(_CHUNK)):
            if start == 0 and i == 0:
                _refuse_html(response, chunk, job)
            part.write(chunk)
            bar.update(len(chunk))
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
def _progress(name: str, start: int, total: int | None) -> Iterator:
    from tqdm import tqdm

    # A log file gets a line every half minute, a terminal a moving bar.
    interval = 0.2 if sys.stderr.isatty() else 30.0
    with tqdm(desc=name, initial=start, total=total, unit="B", unit_scale=True, mininterval=interval) as bar:
        yield bar


def _fault(path: Path, sha256: str | None, size: int | None) -> str | None:
    """What is wrong with the file at `path`, or None."""
    found = path.stat().st_size
    if size is not None and found != size:
        return f"expected {size} bytes, found {found}"
    if sha256 is not None:
        digest = file_sha256(path)
        if digest != sha256.lower():
            return f"expected sha256 {sha256.lower()}, found {digest}"
    return None


def file_sha256(path: str | Path) -> str:
    """SHA-256 of a file, in hex."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def unpack(archive: str | Path, folder: str | Path, strip: int = 0, only: str | None = None) -> Path:
    """Unpack a zip or tar archive into `folder`, which appears only when everything is in it.

    `strip` leading folders are cut from the members' names; `only` is a pattern (`audio/*`, where `*` also matches
    slashes) for the names after that. `folder` must be absent or empty. Only files and folders are unpacked.
    Raises `DownloadError` when a member would land outside the folder or is a link or device, when the archive is
    damaged or of another kind, when nothing matches, or when the folder holds something already.
    """
    archive, folder = Path(archive), Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DownloadError(f"cannot unpack {archive.name}: '{folder}' is not empty. Move or remove it first.")
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = folder.with_name(f".{folder.name}.unpacking")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir()
    try:
        n_files = _unpack_members(archive, temporary, strip, only)
        if n_files == 0:
            raise DownloadError(f"cannot unpack {archive}: no file in it matches '{only or '*'}'.")
        os.replace(temporary, folder)
    except _DAMAGED as problem:
        advice = "Remove it and run again to download it anew"
        raise DownloadError(f"cannot unpack {archive}: it is damaged ({problem}). {advice}.") from problem
    except OSError as problem:
        raise DownloadError(f"cannot unpack {archive} into '{folder}': {problem}.") from problem
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _unpack_members(archive: Path, folder: Path, strip: int, only: str | None) -> int:
    # Every name is judged before the first byte is written.
    with _opened(archive) as members:
        targets = [(member, _target(archive, member, strip, only)) for member in members]
        targets = [(member, target) for member, target in targets if target is not None]
        for member, target in targets:
            path = folder / target
            path.parent.mkdir(parents=True, exist_ok=True)
            with member.open() as source, open(path, "wb") as copy:
                shutil.copyfileobj(source, copy, _CHUNK)
    return len(targets)


@dataclass(frozen=True)
class _Member:
    """One entry of a zip or tar archive."""

    name: str
    kind: str  # "file", "folder" or "other": links and devices
    source: zipfile.ZipFile | tarfile.TarFile
    info: zipfile.ZipInfo | tarfile.TarInfo

    def open(self) -> IO[bytes]:
        if isinstance(self.source, zipfile.ZipFile):
            return self.source.open(self.info)
        return self.source.extractfile(self.info)


@contextlib.contextmanager
def _opened(archive: Path) -> Iterator[list[_Member]]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as source:
            yield [_Member(info.filename, _zip_kind(info), source, info) for info in source.infolist()]
    elif tarfile.is_tarfile(archive):
        with tarfile.open(archive) as source:
            yield [_Member(info.name, _tar_kind(info), source, info) for info in source.getmembers()]
            # The checksum of a compressed tar stands at its very end, which nothing has read yet.
            while source.fileobj.read(_CHUNK):
                pass
    else:
        raise DownloadError(f"cannot unpack {archive}: it is neither a zip nor a tar archive. Remove it and run again.")


def _zip_kind(info: zipfile.ZipInfo) -> str:
    if info.is_dir():
        return "folder"
    return "other" if stat.S_ISLNK(info.external_attr >> 16) else "file"


def _tar_kind(info: tarfile.TarInfo) -> str:
    if info.isdir():
        return "folder"
    return "file" if info.isfile() else "other"


def _target(archive: Path, member: _Member, strip: int, only: str | None) -> PurePosixPath | None:
    """Where a member goes, relative to the folder; None where it is not wanted."""
    name = member.name.replace("\\", "/")
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or ":" in name.split("/")[0]:
        raise DownloadError(f"refused to unpack {archive}: its member '{member.name}' would land outside the folder.")
    inside = PurePosixPath(*path.parts[strip:])
    wanted = member.kind != "folder" and inside.parts and (only is None or fnmatch.fnmatchcase(str(inside), only))
    if not wanted:
        return None
    if member.kind == "other":
        raise DownloadError(f"refused to unpack {archive}: its member '{member.name}' is a link or a device.")
    return inside
