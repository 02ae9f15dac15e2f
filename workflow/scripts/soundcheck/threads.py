"""One thread for each numerical library, so that sums do not depend on the number of cores."""

import os

_VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
)


def single_threaded() -> None:
    """Limit OpenMP, MKL, OpenBLAS and numba to one thread; call it before NumPy or torch is imported.

    A sum split over threads rounds differently for each number of threads. Soundcheck therefore works in parallel over
    tracks, batches and jobs, never inside one arithmetic operation.
    """
    os.environ.update(dict.fromkeys(_VARIABLES, "1"))
