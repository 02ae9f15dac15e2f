"""A published file, and whether a file here is that one."""

from dataclasses import dataclass
from pathlib import Path

from soundcheck.plumbing.files import file_digest


@dataclass(frozen=True)
class Remote:
    """A published file: its address, its path below a folder here, and what is known of it to check it by."""

    url: str
    file: str
    size: int | None = None
    sha256: str | None = None
    md5: str | None = None


def is_verified(path: Path, remote: Remote) -> bool:
    """Whether the file is here, and the published one as far as that is known."""
    return path.is_file() and fault_of(path, remote) is None


def fault_of(path: Path, remote: Remote) -> str | None:
    """What is wrong with the file at `path`, or None."""
    found = path.stat().st_size
    if remote.size is not None and found != remote.size:
        return f"expected {remote.size} bytes, found {found}"
    for algorithm, expected in (("sha256", remote.sha256), ("md5", remote.md5)):
        if expected and (digest := file_digest(path, algorithm)) != expected.lower():
            return f"expected {algorithm} {expected.lower()}, found {digest}"
    return None
