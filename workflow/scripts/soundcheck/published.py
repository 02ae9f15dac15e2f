"""Published splits: their names, and tables that hold a track's part in each."""

from collections.abc import Mapping, Sequence

import pandas as pd

from soundcheck.errors import SoundcheckError, nearest


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
