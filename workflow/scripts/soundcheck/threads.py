"""One thread for the linear algebra libraries."""

import os

_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def single_threaded() -> None:
    """Make NumPy and torch use one thread; call it before either is imported.

    A sum that is split over threads is added up in another order, so the last digits of a result would depend on the
    machine's cores.
    """
    os.environ.update(dict.fromkeys(_VARIABLES, "1"))
