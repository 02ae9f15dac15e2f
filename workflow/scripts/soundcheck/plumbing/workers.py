"""Where a job's work is done: in the caller, or in worker processes that end with it."""

import os
from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from multiprocessing import get_context

from soundcheck.plumbing.jobs import end_with


class Inline(Executor):
    """Does the work when it is submitted, in the caller: the executor of a job with one thread."""

    def submit(self, function: Callable, /, *args: object, **kwargs: object) -> Future:
        future: Future = Future()
        try:
            future.set_result(function(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def processes(count: int) -> Executor:
    """`count` worker processes, or none: then the work is done in the caller.

    They are forked at once, so they share what the caller has already loaded.
    """
    if count == 0:
        return Inline()
    workers = ProcessPoolExecutor(count, get_context("fork"), end_with, (os.getpid(),))
    workers.submit(os.getpid).result()  # all workers are forked at the first task
    return workers
