"""Every job's output goes into its log; progress and errors also reach the terminal."""

import contextlib
import sys
import traceback
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

from soundcheck.errors import SoundcheckError

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


def progress(items: Iterable[Item], description: str, unit: str, total: int | None = None) -> Iterable[Item]:
    """Wrap `items` in a progress bar: often on a terminal, a line every ten seconds in a log."""
    from tqdm import tqdm

    interactive: TextIO = sys.__stderr__ if sys.__stderr__ and sys.__stderr__.isatty() else sys.stderr
    interval = 0.5 if interactive.isatty() else 10.0
    return tqdm(
        items,
        desc=description,
        unit=f" {unit}",
        total=total,
        file=interactive,
        mininterval=interval,
        maxinterval=interval,
        dynamic_ncols=interactive.isatty(),
        ascii=not interactive.isatty(),
    )
