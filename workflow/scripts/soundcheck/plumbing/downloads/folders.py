"""A dataset's folder appears when it is complete, is made once, and is never written to again."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

from soundcheck.plumbing.errors import DownloadError, disk_fault
from soundcheck.plumbing.locks import waiting_lock


def install(folder: str | Path, title: str, make: Callable[[Path], Path]) -> bool:
    """Have `make` build a dataset where `folder` is absent or empty; whether that was so.

    A folder that holds anything is used as it is. Otherwise `make` gets a working folder beside it, `<name>.download`,
    which keeps what a killed or failed run received, and returns the tree within it that then becomes `folder`.
    Where another run does the same, it is waited for, and what it made is used.
    Raises `DownloadError` when the disk is full or the folder cannot be written.
    """
    # A link to a folder on another disk stays a link.
    folder = Path(folder).resolve()
    if holds_something(folder):
        return False
    work = folder.with_name(f"{folder.name}.download")
    message = f"{title}: another run downloads it to '{folder}'; waiting"
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with waiting_lock(folder.with_name(f".{folder.name}.lock"), message):
            if holds_something(folder):
                return False
            work.mkdir(exist_ok=True)
            os.replace(make(work), folder)
            shutil.rmtree(work, ignore_errors=True)
    except OSError as problem:
        raise DownloadError(f"cannot install {title}: {disk_fault(problem, folder.parent)}.") from problem
    return True


def holds_something(folder: Path) -> bool:
    """Whether there is a folder with anything in it."""
    return folder.is_dir() and any(folder.iterdir())
