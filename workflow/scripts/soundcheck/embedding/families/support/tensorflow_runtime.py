"""TensorFlow, imported as a job wants it: with one thread inside each operation, and without its greetings."""

import contextlib
import os
import sys
from collections.abc import Iterator
from types import ModuleType

from soundcheck.plumbing.errors import SoundcheckError


def import_tensorflow(owner: str) -> ModuleType:
    """The package `tensorflow`.

    Raises:
        SoundcheckError: it is not installed, or Essentia, which brings a TensorFlow of its own, is loaded: the two may
            abort the process; `owner` begins the message.
    """
    if "essentia" in sys.modules:
        raise SoundcheckError(
            f"{owner} runs in TensorFlow, which may abort a process that has loaded essentia; run it in one of its own"
        )
    # A sum split over threads rounds differently for each number of threads.
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = "1"
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    try:
        with _quiet():
            import tensorflow
    except ImportError as error:
        raise SoundcheckError(
            f"{owner} needs the package tensorflow, which cannot be imported ({error}); run with the environments of "
            "the workflow (snakemake --sdm conda), or install it: pip install tensorflow"
        ) from error
    return tensorflow


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """What is written to the standard error, also by libraries, goes nowhere; exceptions still tell their story."""
    sys.stderr.flush()
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(nowhere)
