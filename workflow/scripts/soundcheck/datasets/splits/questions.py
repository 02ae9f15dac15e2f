"""What a split asks a dataset's module of its tracks for a task; see the contract in `datasets.sources`."""

from types import ModuleType

import pandas as pd

from soundcheck.plumbing.errors import SoundcheckError


def labels(module: ModuleType, tracks: pd.DataFrame, task: str, task_type: str) -> tuple[pd.Series, dict[str, str]]:
    """The labels of each track for a task of this type; and which were taken for other spellings of which."""
    if hasattr(module, "labels_as"):
        return module.labels_as(tracks, task, task_type)
    return module.labels(tracks, task), {}


def official_splits(
    module: ModuleType, tracks: pd.DataFrame, task: str, name: str | None = None
) -> pd.DataFrame | None:
    """The dataset's published folds for a task, of the split of this name or of its first; None where it has none."""
    if not hasattr(module, "splits"):
        return None
    return module.splits(tracks, task) if name is None else module.splits(tracks, task, name)


def hints(module: ModuleType, tracks: pd.DataFrame) -> list[str]:
    """What its tables and folders hold that is not used, or looks odd."""
    return module.hints(tracks) if hasattr(module, "hints") else []


def target_names(module: ModuleType, task: str, options: dict | None = None) -> list[str] | None:
    """What the numbers of a regression, or a column for each tag, are called; None where the dataset does not say."""
    return module.targets(task, **(options or {})) if hasattr(module, "targets") else None


def events(module: ModuleType, tracks: pd.DataFrame, task: str) -> pd.Series:
    """The events of each track.

    Raises:
        SoundcheckError: the dataset has labels without times.
    """
    if not hasattr(module, "events"):
        raise SoundcheckError(
            f"{module.TITLE}: its labels have no times, so that the task '{task}' cannot be of type event_detection."
        )
    return module.events(tracks, task)


def with_groups(module: ModuleType, tracks: pd.DataFrame, task: str) -> tuple[pd.DataFrame, str | None]:
    """The tracks with the groups that must stay together for a task, and what the groups are."""
    if not hasattr(module, "groups"):
        return tracks, module.GROUPED_BY
    groups, grouped_by = module.groups(tracks, task)
    return tracks.assign(group=groups), grouped_by
