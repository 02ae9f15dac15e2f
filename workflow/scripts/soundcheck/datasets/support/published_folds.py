"""Published splits: their names, tables that hold a track's part in each, and numbered folds, tested in turn."""

from collections.abc import Mapping, Sequence

import pandas as pd

from soundcheck.plumbing.errors import SoundcheckError, nearest


def in_turn(fold_of: Mapping[str, int]) -> pd.DataFrame:
    """Each fold of tracks tested in turn, `track_id`, `fold`, `part`: in fold i, the tracks of fold i are tested.

    So a fold keeps its published number. The fold before it validates (before the first, the last), the others train.
    """
    numbers = sorted(set(fold_of.values()))
    before = dict(zip(numbers, [numbers[-1], *numbers[:-1]], strict=True))
    rows = [
        (track_id, tested, {tested: "test", before[tested]: "validation"}.get(fold, "train"))
        for tested in numbers
        for track_id, fold in fold_of.items()
    ]
    return pd.DataFrame(rows, columns=["track_id", "fold", "part"])


def split_name(splits: Mapping[str, Sequence[str]], task: str, name: str | None) -> str | None:
    """The published split of a task that `name` picks; the first one without a name; None where there is none.

    Raises:
        SoundcheckError: there is none of this name; with the nearest.
    """
    names = splits.get(task, ())
    if name is None:
        return names[0] if names else None
    if name not in names:
        raise SoundcheckError(f"the task '{task}' has no published split '{name}'{nearest(name, names)}")
    return name


def folds(tracks: pd.DataFrame, columns: Mapping[int, str]) -> pd.DataFrame:
    """Published folds as `track_id`, `fold`, `part`, from a column of parts (or nothing) for each fold."""
    tables = []
    for fold, column in columns.items():
        inside = tracks[tracks[column].notna()]
        tables.append(pd.DataFrame({"track_id": inside["track_id"], "fold": fold, "part": inside[column]}))
    return pd.concat(tables, ignore_index=True)
