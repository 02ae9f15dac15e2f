"""Functions that run in a process of their own: Essentia and TensorFlow abort the one in which they meet.

Essentia is there as a reference, `tensorflow` builds graphs, `graphs` runs them as a job does.

A function decorated with `run_in("essentia")` runs, with its arguments, in a process that all functions of that name
share and no other code uses; what it returns or raises comes back. It must be reachable by its name in its module.
"""

import functools
import importlib
import multiprocessing
from concurrent.futures import ProcessPoolExecutor

_here = None


def run_in(process: str):
    """Decorate a function, a test among others, to run in the process of this name."""

    def decorate(function):
        @functools.wraps(function)
        def elsewhere(*arguments, **named):
            if _here == process:
                return function(*arguments, **named)
            target = (function.__module__, function.__name__)
            return _process(process).submit(_call, *target, arguments, named).result()

        return elsewhere

    return decorate


@functools.cache
def _process(name: str) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), _enter, (name,))


def _enter(name: str) -> None:
    global _here
    _here = name


def _call(module: str, function: str, arguments: tuple, named: dict):
    return getattr(importlib.import_module(module), function)(*arguments, **named)
