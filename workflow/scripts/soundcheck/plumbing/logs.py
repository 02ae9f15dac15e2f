"""Every job's output goes into its log; progress and errors also reach the terminal."""

import contextlib
import logging
import sys
import traceback
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

from soundcheck.plumbing.errors import SoundcheckError

Item = TypeVar("Item")


@contextlib.contextmanager
def logged_to(path: str) -> Iterator[None]:
    """Send stdout and stderr to the file `path`; end the process with one clear line on a `SoundcheckError`.

    Any other exception leaves its whole traceback in the log.
    """
    terminal = sys.stderr
    with (
        open(path, "w", buffering=1, encoding="utf-8") as log,
        contextlib.redirect_stdout(log),
        contextlib.redirect_stderr(log),
    ):
        logging.basicConfig(stream=log, level=logging.INFO, format="%(message)s", force=True)
        try:
            yield
        except SoundcheckError as error:
            print(f"error: {error}", file=log)
            print(f"error: {error}", file=terminal)
            sys.exit(1)
        except Exception as error:
            traceback.print_exc(file=log)
            print(f"error: {type(error).__name__}: {error} (traceback in {path})", file=terminal)
            sys.exit(1)


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
