"""Labels as arrays: which item has which class, or the numbers of a regression."""

from collections.abc import Sequence

import numpy as np

from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.tasks import TaskType


def indicators(labels: Sequence[Sequence[str]], classes: Sequence[str], kind: TaskType) -> np.ndarray:
    """Which item has which class: (n, n_classes) bool; of a regression the targets, (n, n_targets) float64.

    A tag that is not among the classes (left out of the task) is passed over.

    Raises:
        SoundcheckError: an item of a multiclass task has not exactly one label, or one that is not among the classes.
    """
    if kind.has_numbers:
        return np.array(labels, np.float64).reshape(-1, len(classes))
    places = {name: place for place, name in enumerate(classes)}
    result = np.zeros((len(labels), len(classes)), bool)
    for row, names in enumerate(labels):
        if kind.has_one_label and (len(names) != 1 or names[0] not in places):
            raise SoundcheckError(f"item {row} is labelled {list(names)}, not with one of the classes {list(classes)}")
        result[row, [places[name] for name in names if name in places]] = True
    return result


def as_objects(values: Sequence[list]) -> np.ndarray:
    """Lists as an array (n,) of objects, whatever their lengths."""
    array = np.empty(len(values), dtype=object)
    for place, value in enumerate(values):
        array[place] = value
    return array
