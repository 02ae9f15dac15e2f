"""What every job has in common: a log, and an end when the run that started it ends."""

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from soundcheck.logs import logged_to
from soundcheck.memory import keep_freed_memory
from soundcheck.threads import single_threaded

SHELLS = ("bash", "dash", "ksh", "sh", "zsh")


@contextlib.contextmanager
def job(log_path: str) -> Iterator[None]:
    """Do a job's work inside this, imports included: output goes to the log, errors to the terminal too."""
    single_threaded()
    keep_freed_memory()
    end_with(*_ancestors())
    with logged_to(log_path):
        yield


def end_with(*processes: int) -> None:
    """End this process soon after one of these has ended, however that ended.

    A run that was killed would otherwise go on in its orphans, which write files that the next run is making.
    """

    def watch() -> None:
        while all(map(_is_alive, processes)):
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _ancestors() -> list[int]:
    """The parent, and, where that is the shell through which Snakemake starts a job, the shell's parent.

    Most shells make way for the job, whose parent then is Snakemake itself. The process that started Snakemake may end
    long before the run does: whoever sends a run to the background and logs out expects it to go on.
    """
    parent = os.getppid()
    status = Path(f"/proc/{parent}/stat")
    if not status.exists():
        return [parent]
    # The name, in brackets, may hold spaces; the parent's number is the second field after it.
    name, _, fields = status.read_text().partition("(")[2].rpartition(")")
    grandparent = int(fields.split()[1])
    return [process for process in (parent, grandparent if name in SHELLS else 0) if process > 1]
