"""Published splits: their names, tables that hold a track's part in each, and numbered folds as rotations of parts."""

from collections.abc import Mapping, Sequence

import pandas as pd

from soundcheck.plumbing.errors import SoundcheckError, nearest


def rotations(values: Sequence[str | None], folds: Sequence[str]) -> list[list[str]]:
    """The part of each track in each rotation, empty for one in no fold, `(n_tracks, n_folds)`.

    In rotation i, fold i validates, fold i + 1 tests, the others train.
    """
    n = len(folds)
    position = {fold: i for i, fold in enumerate(folds)}

    def part(value: str | None, rotation: int) -> str:
        if value is None:
            return ""
        return {rotation: "validation", (rotation + 1) % n: "test"}.get(position[value], "train")

    return [[part(value, rotation) for rotation in range(n)] for value in values]


def split_name(splits: Mapping[str, Sequence[str]], task: str, name: str | None) -> str | None:
    """The published split of a task that `name` picks; the first one without a name; None where there is none.

    Raises SoundcheckError, with the nearest, for a name that is none of them.
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
