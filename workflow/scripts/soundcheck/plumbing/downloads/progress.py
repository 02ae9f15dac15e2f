"""Progress bars of downloads: one for a file alone, or one that several files share."""

import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tqdm import tqdm


class SharedBar:
    """One bar for several files that are downloaded at the same time."""

    def __init__(self, title: str, total: int | None):
        self._bar = bar(title, 0, total)
        self._positions: dict[Path, int] = {}
        self._lock = threading.Lock()

    def show(self, path: Path, position: int) -> None:
        with self._lock:
            self._bar.update(position - self._positions.get(path, 0))
            self._positions[path] = position

    def close(self) -> None:
        self._bar.close()


def bar(title: str, start: int, total: int | None) -> "tqdm":
    """A bar of bytes, to be closed at the end or used in a `with`."""
    from tqdm import tqdm

    # A log file gets a line every half minute, a terminal a moving bar.
    interval = 0.2 if sys.stderr.isatty() else 30.0
    return tqdm(desc=title, initial=start, total=total, unit="B", unit_scale=True, mininterval=interval)
