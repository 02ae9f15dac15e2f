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


def processes(count: int, begin: Callable | None = None, *arguments: object) -> Executor:
    """`count` worker processes, or none: then the work is done in the caller.

    They are forked at once, so they share what the caller has already loaded, and call `begin(*arguments)`, if given.
    """
    if count == 0:
        return Inline()
    workers = ProcessPoolExecutor(count, get_context("fork"), _begin, (os.getpid(), begin, arguments))
    workers.submit(os.getpid).result()  # all workers are forked at the first task
    return workers


def _begin(parent: int, begin: Callable | None, arguments: tuple) -> None:
    end_with(parent)
    if begin:
        begin(*arguments)
