"""Work that goes all its way in one of several worker processes, in the order in which it is given."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from typing import Any

from soundcheck.plumbing.jobs.workers import processes


def in_workers(work: Callable, items: Iterable[tuple], n_workers: int) -> Iterator[Any]:
    """What `work(*item)` returns for each item, in order; with one worker, in the caller.

    The workers inherit `work`, with a model in it, when they are forked: it is never copied through a pipe. A few items
    for each worker are under way at once, so that memory does not grow with their number.
    """
    if n_workers == 1:
        for item in items:
            yield work(*item)
        return
    with processes(n_workers, _Worker.begin, work) as workers:
        waiting: deque[Future] = deque()
        for item in items:
            waiting.append(workers.submit(_Worker.run, *item))
            if len(waiting) > 4 * n_workers:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


class _Worker:
    """What a worker process does; set when it begins, in that process alone."""

    work: Callable

    @classmethod
    def begin(cls, work: Callable) -> None:
        cls.work = staticmethod(work)

    @classmethod
    def run(cls, *item: object) -> Any:
        return cls.work(*item)
