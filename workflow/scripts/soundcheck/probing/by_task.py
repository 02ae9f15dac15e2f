"""What fits a fold and what predicts, by the type of the task: on tracks, or on frames with times.

Named, not imported, so that a job imports its own alone, and an edit of the other's reruns nothing.
"""

import importlib
from collections.abc import Callable
from dataclasses import dataclass

from soundcheck.tasks import TaskType


@dataclass(frozen=True)
class Steps:
    """The functions of a type of task, by their dotted names below `soundcheck`."""

    fit: str
    predict: str

    @property
    def modules(self) -> tuple[str, str]:
        """The modules of both."""
        return self.fit.rpartition(".")[0], self.predict.rpartition(".")[0]


def steps_of(kind: TaskType) -> Steps:
    """What fits a fold and what predicts its test items."""
    if kind.has_times:
        return Steps("probing.event_fitting.of_frames", "probing.detection.predictions")
    return Steps("probing.fitting.of_tracks", "probing.predicting.predictions")


def function(dotted: str) -> Callable:
    """The function of a name in `Steps`."""
    module, _, name = dotted.rpartition(".")
    return getattr(importlib.import_module(f"soundcheck.{module}"), name)
