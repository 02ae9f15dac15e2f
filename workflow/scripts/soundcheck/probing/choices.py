"""What the jobs of a probe choose by name: the modules for a type of task, and the metrics that training watches.

Light, because the digests of these jobs ask too.
"""

import importlib
from collections.abc import Callable

from soundcheck.tasks import TASK_TYPES


def fitting_module(task_type: str) -> str:
    """The module, named below `soundcheck`, whose `fold_fitter` fits probes to tasks of a type."""
    return "probing.fitting.events" if TASK_TYPES[task_type].has_times else "probing.fitting.tracks"


def predicting_module(task_type: str) -> str:
    """The module, named below `soundcheck`, whose `predictions` tests probes of tasks of a type."""
    return "probing.predicting.events" if TASK_TYPES[task_type].has_times else "probing.predicting.tracks"


def fold_fitter(task_type: str) -> Callable:
    """What fits the folds of a task of this type; see `fitting.fit_probe`."""
    return importlib.import_module(f"soundcheck.{fitting_module(task_type)}").fold_fitter


def predictions(task_type: str) -> Callable:
    """What predicts the test items of a task of this type; see `predicting.tracks`."""
    return importlib.import_module(f"soundcheck.{predicting_module(task_type)}").predictions


def epoch_metrics(task_type: str, parameters: dict) -> list[str]:
    """The metrics of the validation items that training computes after each epoch."""
    always = {"accuracy"} if TASK_TYPES[task_type].has_one_label else set()
    return sorted(always | {parameters.get("save_criterion", "loss")} - {"loss"})


def watched_metrics(task_type: str, parameters: dict) -> list[str]:
    """All metrics that fitting computes: after each epoch, and to choose what makes events of frames."""
    chooses = "postprocessing" in parameters
    return epoch_metrics(task_type, parameters) + ([parameters["postprocessing"]["choose_by"]] if chooses else [])
