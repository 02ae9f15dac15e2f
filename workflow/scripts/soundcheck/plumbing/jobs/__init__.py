"""What every job has in common: one thread for sums, memory kept, a log, and an end with the run that started it."""

import contextlib
import ctypes
import os
import sys
import threading
import time
from collections.abc import ItemsView, Iterator
from pathlib import Path
from typing import Any

from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.plumbing.files import is_alive
from soundcheck.plumbing.jobs.ledger import Ledger
from soundcheck.plumbing.logs import logged_to
from soundcheck.plumbing.provenance import versions

# Variables that limit the threads of OpenMP, MKL, OpenBLAS, numexpr, Accelerate and numba.
_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
)
# Names of the settings in glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3
# Older versions refuse a threshold above half of a thread's heap, and keep their own.
_LARGEST = (1 << 30, 1 << 25)
# The variable that holds the folder from which the run was started.
HOME = "SOUNDCHECK_HOME"
# The variable that holds the folder of the conda environments, where jobs have environments of their own.
ENVIRONMENTS = "SOUNDCHECK_ENVIRONMENTS"
# Where they lie in the image that `snakemake --containerize` describes.
_IN_AN_IMAGE = "/conda-envs"
_LIBRARY = Path(__file__).parents[3]
SHELLS = ("bash", "dash", "ksh", "sh", "zsh")


class Paths(list[str]):
    """The files of a job, by place (`outputs[0]`) or by name (`inputs.tracks`; a list where the rule has several)."""

    def __init__(self, files: Any, home: str) -> None:
        """`files` is what Snakemake gives a script, relative to the working directory; here as seen from `home`."""
        super().__init__(seen_from(home, file) for file in files)
        self._named = {
            name: seen_from(home, file) if isinstance(file, str) else [seen_from(home, each) for each in file]
            for name, file in files.items()
        }

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_named"][name]
        except KeyError:
            raise AttributeError(f"the rule has no file {name!r}") from None

    def named(self, name: str) -> Any:
        """The file or files of this name; none where the rule has none."""
        return self._named.get(name, [])

    def items(self) -> ItemsView[str, Any]:
        """Names and files."""
        return self._named.items()


@contextlib.contextmanager
def job(snakemake: Any) -> Iterator[tuple[Paths, Paths]]:
    """Do a job's work inside this, imports included: output goes to the log, errors to the terminal too.

    Gives the paths of its inputs and outputs. Snakemake works in the folder of the results; the job works where the run
    was started, as the paths of a configuration and a user's own modules expect.
    """
    with job_of_pieces(snakemake) as (inputs, outputs, ledger):
        yield inputs, outputs
        ledger.replace(outputs, versions())


@contextlib.contextmanager
def job_of_pieces(snakemake: Any) -> Iterator[tuple[Paths, Paths, Ledger]]:
    """As `job`, where the job makes several things, with `pieces.make`; gives the ledger that this asks for, too."""
    single_threaded()
    keep_freed_memory()
    end_with(*_ancestors())
    home, results = os.environ[HOME], Path.cwd()
    inputs, outputs, log = (Paths(files, home) for files in (snakemake.input, snakemake.output, snakemake.log))
    os.chdir(home)
    with logged_to(log[0]):
        keep_to_own_environment()
        yield inputs, outputs, Ledger(results, snakemake.log[0])


def keep_to_own_environment() -> None:
    """Let a job import only what its conda environment holds, if it has one.

    Snakemake appends all paths of its own to those of a job: what an environment lacks would be found in the driver's.

    Raises:
        SoundcheckError: the job has an environment, but does not run in it.
    """
    environments = os.environ.get(ENVIRONMENTS)
    if not environments:
        return
    if not any(_is_below(sys.prefix, folder) for folder in (environments, _IN_AN_IMAGE)):
        raise SoundcheckError(
            f"this job should run in its conda environment, below '{environments}', but runs in '{sys.prefix}': the "
            "environment was not activated. See whether `source activate <environment>` works in bash on this machine, "
            "or run without `--sdm conda`"
        )
    own = (sys.prefix, sys.base_prefix, _LIBRARY)
    sys.path[:] = [path for path in sys.path if any(_is_below(path, folder) for folder in own)]


def _is_below(path: str, folder: str | Path) -> bool:
    return Path(path).resolve().is_relative_to(Path(folder).resolve())


def seen_from(home: str, path: str | os.PathLike[str]) -> str:
    """A path relative to the working directory as seen from `home`: relative below it, absolute elsewhere."""
    absolute = os.path.abspath(path)
    below = os.path.relpath(absolute, home)
    return absolute if below.startswith(os.pardir) else below


def end_with(*processes: int) -> None:
    """End this process soon after one of these has ended, however that ended.

    A run that was killed would otherwise go on in its orphans, which write files that the next run is making.
    """

    def watch() -> None:
        while all(map(is_alive, processes)):
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


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


def single_threaded() -> None:
    """Limit OpenMP, MKL, OpenBLAS and numba to one thread; call it before NumPy or torch is imported.

    A sum split over threads rounds differently for each number of threads. Soundcheck therefore works in parallel over
    tracks, batches and jobs, never inside one arithmetic operation.
    """
    os.environ.update(dict.fromkeys(_VARIABLES, "1"))


def keep_freed_memory() -> bool:
    """Let glibc keep large arrays that are freed, for the next ones; False where there is another C library.

    By default it gives most of them back at once, and a model whose intermediate results have some ten MB spends a
    third of its time on pages that the system clears for it again and again. The peak is the same.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(any(mallopt(_M_MMAP_THRESHOLD, size) for size in _LARGEST) and mallopt(_M_TRIM_THRESHOLD, _LARGEST[0]))
