"""Progress bars of downloads: one for a file alone, or one that several files share."""

import sys
import threading
import time
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


# A download that is slower than so many bytes a second, for so many seconds, says so.
SLOW_BYTES_S = 1000.0
SLOW_AFTER_S = 60.0


class Watch:
    """Says in the log that a download trickles, how fast, and when it would end: some servers never would."""

    def __init__(self, name: str, start: int, total: int | None) -> None:
        self._name, self._total = name, total
        self._since, self._from = time.monotonic(), start

    def note(self, position: int) -> None:
        """Take note of the bytes that are here."""
        seconds = time.monotonic() - self._since
        if seconds < SLOW_AFTER_S:
            return
        rate = (position - self._from) / seconds
        self._since, self._from = time.monotonic(), position
        if rate < SLOW_BYTES_S:
            rest = (
                f"; at this rate it takes {_time((self._total - position) / rate)} more" if self._total and rate else ""
            )
            print(
                f"{self._name}: the server sends {rate:.0f} bytes a second{rest}. To try later, stop the run: what was "
                "received is kept",
                file=sys.stderr,
                flush=True,
            )


def _time(seconds: float) -> str:
    for unit, name in ((86400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * unit:
            return f"{seconds / unit:,.0f} {name}"
    return f"{seconds:.0f} seconds"


def bar(title: str, start: int, total: int | None) -> "tqdm":
    """A bar of bytes, to be closed at the end or used in a `with`."""
    from tqdm import tqdm

    # A log file gets a line every half minute, a terminal a moving bar.
    interval = 0.2 if sys.stderr.isatty() else 30.0
    return tqdm(desc=title, initial=start, total=total, unit="B", unit_scale=True, mininterval=interval)
