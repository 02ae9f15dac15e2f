"""Every job's output goes into its log; progress and errors also reach the terminal."""

import contextlib
import io
import logging
import shutil
import sys
import tempfile
import traceback
from collections.abc import Iterable, Iterator
from concurrent.futures import BrokenExecutor
from pathlib import Path
from typing import Any, TextIO, TypeVar

from soundcheck.plumbing.errors import SoundcheckError, described, disk_fault, is_full

# With less than this, a disk counts as full.
_FULL_BYTES = 1 << 18
NO_MEMORY = (
    "most likely the memory of this machine, or what the job may use of it, was used up. Give jobs more "
    "(`--set-resources <rule>:mem_mb=…` on a cluster), or run fewer at once (`--cores`)"
)
Item = TypeVar("Item")


class _Log(io.FileIO):
    """A file to which more can be written than its disk can hold: the job, and its message, do not end with the log."""

    def write(self, data: Any, /) -> int:
        try:
            return super().write(data)
        except OSError as problem:
            if not is_full(problem):
                raise
            return len(data)


@contextlib.contextmanager
def logged_to(path: str) -> Iterator[None]:
    """Send stdout and stderr to the file `path`; end the process with one clear line on whatever is raised.

    A `SoundcheckError` is that line; any other exception leaves its whole traceback in the log, too, also the
    `SystemExit` of a program that is no part of Soundcheck.
    """
    terminal = sys.stderr
    try:
        log = io.TextIOWrapper(io.BufferedWriter(_Log(path, "w")), encoding="utf-8", line_buffering=True)
    except OSError as problem:
        print(f"error: the log cannot be written: {disk_fault(problem, Path(path).parent)}", file=terminal)
        sys.exit(1)
    with log, contextlib.redirect_stdout(log), contextlib.redirect_stderr(log):
        logging.basicConfig(stream=log, level=logging.INFO, format="%(message)s", force=True)
        try:
            yield
        except BaseException as error:
            if not isinstance(error, SoundcheckError):
                traceback.print_exc(file=log)
            message = _told(error, path)
            print(f"error: {message}", file=log)
            print(f"error: {message}", file=terminal)
            sys.exit(130 if isinstance(error, KeyboardInterrupt) else 1)


def _told(error: BaseException, log: str) -> str:
    """What an exception that ends a job means, in one line."""
    traced = f"(traceback in {log})"
    if isinstance(error, SoundcheckError):
        return str(error)
    if isinstance(error, KeyboardInterrupt):
        return f"interrupted {traced}"
    if isinstance(error, SystemExit):
        return f"the program was ended by what it ran, not by Soundcheck: {described(error)} {traced}"
    if isinstance(error, BrokenExecutor | MemoryError):
        return f"{described(error)}: {NO_MEMORY} {traced}"
    return f"{described(error)}{_full_disk(error, log)} {traced}"


def _full_disk(error: BaseException, log: str) -> str:
    """Which disk is full, and what to do; empty where none is."""
    cause: BaseException | None = error
    while cause is not None and not (isinstance(cause, OSError) and is_full(cause)):
        cause = cause.__cause__ or cause.__context__
    named = cause.filename if isinstance(cause, OSError) and isinstance(cause.filename, str) else ""
    places = dict.fromkeys([str(Path(named).parent) if named else "", str(Path(log).parent), tempfile.gettempdir()])
    free = {place: shutil.disk_usage(place).free for place in places if place and Path(place).is_dir()}
    full = [place for place, n_bytes in free.items() if n_bytes < _FULL_BYTES]
    if cause is None and not full:
        return ""
    of = " and ".join(f"'{place}'" for place in full) or "a folder that it writes to, or your share of it"
    return (
        f"; the disk of {of} is full. What is complete is kept: free some space there, for example by removing results "
        "that you no longer need, or set `results` (or TMPDIR) to a folder on another disk, and run again"
    )


def tell(line: str) -> None:
    """Print a finding into the log and on the terminal, where nobody would look for it in a log."""
    print(line)
    if sys.__stderr__ is not None:
        print(line, file=sys.__stderr__, flush=True)


class _Lines:
    """A log in which each state of a progress bar is a line of its own: bars end in a carriage return."""

    def __init__(self, log: TextIO) -> None:
        self._log = log

    def write(self, text: str) -> None:
        self._log.write(text.strip("\r\n") + "\n" if text.strip() else "")

    def flush(self) -> None:
        self._log.flush()


def progress(items: Iterable[Item], description: str, unit: str, total: int | None = None) -> Iterable[Item]:
    """Wrap `items` in a progress bar: often on a terminal, a line every ten seconds in a log."""
    from tqdm import tqdm

    on_terminal = sys.__stderr__ is not None and sys.__stderr__.isatty()
    interval = 0.5 if on_terminal else 10.0
    return tqdm(
        items,
        desc=description,
        unit=f" {unit}",
        total=total,
        file=sys.__stderr__ if on_terminal else _Lines(sys.stderr),
        mininterval=interval,
        maxinterval=interval,
        dynamic_ncols=on_terminal,
        ascii=not on_terminal,
    )
