"""Archives: split ones joined, and unpacked into a folder that appears only when it is complete."""

import contextlib
import fnmatch
import gzip
import lzma
import os
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from soundcheck.plumbing.errors import DownloadError, disk_fault

_CHUNK = 1 << 16
_DAMAGED = (zipfile.BadZipFile, tarfile.TarError, gzip.BadGzipFile, lzma.LZMAError, zlib.error, EOFError)


def join(parts: Sequence[str | Path], path: str | Path) -> Path:
    """Write the parts of a split archive one after another to `path`, which appears only when it is whole.

    Nothing is done where a file of that length is there. The parts stay. Raises `DownloadError` for a part that is
    missing and for a disk that is full.
    """
    files, path = [Path(part) for part in parts], Path(path)
    temporary = path.with_name(f".{path.name}.joining")
    try:
        if path.is_file() and path.stat().st_size == sum(part.stat().st_size for part in files):
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(temporary, "wb") as whole:
            for part in files:
                with open(part, "rb") as source:
                    shutil.copyfileobj(source, whole, 1 << 20)
        temporary.replace(path)
    except FileNotFoundError as problem:
        raise DownloadError(f"cannot join {path.name}: its part '{problem.filename}' is not there.") from problem
    except OSError as problem:
        raise DownloadError(f"cannot join {path.name}: {disk_fault(problem, path.parent)}.") from problem
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    return path


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
    temporary = folder.with_name(f".{folder.name}.unpacking")
    shutil.rmtree(temporary, ignore_errors=True)
    try:
        temporary.mkdir(parents=True)
        n_files = _unpack_members(archive, temporary, strip, only)
        if n_files == 0:
            raise DownloadError(f"cannot unpack {archive}: no file in it matches '{only or '*'}'.")
        os.replace(temporary, folder)
    except _DAMAGED as problem:
        advice = "Remove it and run again to download it anew"
        raise DownloadError(f"cannot unpack {archive}: it is damaged ({problem}). {advice}.") from problem
    except OSError as problem:
        raise DownloadError(f"cannot unpack {archive}: {disk_fault(problem, folder.parent)}.") from problem
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder


def _unpack_members(archive: Path, folder: Path, strip: int, only: str | None) -> int:
    # Every name is judged before the first byte is written.
    with _opened(archive) as members:
        places = [(member, _target(archive, member, strip, only)) for member in members]
        targets = [(member, target) for member, target in places if target is not None]
        for member, target in targets:
            path = folder / target
            path.parent.mkdir(parents=True, exist_ok=True)
            content = member.open()
            assert content is not None, f"{member.name} was judged to be a file"
            with content, open(path, "wb") as copy:
                shutil.copyfileobj(content, copy, _CHUNK)
    return len(targets)


@dataclass(frozen=True)
class _Member:
    """One entry of a zip or tar archive."""

    name: str
    kind: str  # "file", "folder" or "other": links and devices
    # Opens its content; a folder, link or device of a tar has none.
    open: Callable[[], IO[bytes] | None]


@contextlib.contextmanager
def _opened(archive: Path) -> Iterator[list[_Member]]:
    if zipfile.is_zipfile(archive):
        with zipfile.ZipFile(archive) as source:
            yield [_Member(info.filename, _zip_kind(info), partial(source.open, info)) for info in source.infolist()]
    elif tarfile.is_tarfile(archive):
        with tarfile.open(archive) as source:
            yield [
                _Member(info.name, _tar_kind(info), partial(source.extractfile, info)) for info in source.getmembers()
            ]
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
