"""Whether the parts of a split can be trusted: none empty, no track or group in two of them."""

from collections import Counter

import pandas as pd
import pyarrow as pa

from soundcheck.datasets.splits.table import LEFT_OUT, PARTS
from soundcheck.plumbing.errors import SoundcheckError, plural, several


def check(table: pa.Table, groups: bool = True, name: str = "split", ids: bool = True, drawn: bool = True) -> None:
    """Raise SoundcheckError, naming the items, where parts share a track (`ids`) or group (`groups`), or one is empty.

    Split tables that others wrote can be checked with it, too; those are not `drawn`.
    """
    frame = table.select(["track_id", "fold", "part", "group", "reason"]).to_pandas()
    if frame.empty:
        raise SoundcheckError(f"{name}: no track has a label for this task.")
    for fold, rows in frame.groupby("fold", sort=True):
        where = f"{name}, fold {fold}"
        twice = rows["track_id"][rows["track_id"].duplicated()].unique()
        if ids and len(twice):
            raise SoundcheckError(f"{where}: in more than one part: {plural(len(twice), 'track')} ({several(twice)}).")
        shared = _shared_groups(rows)
        if groups and shared:
            raise SoundcheckError(
                f"{where}: in more than one part: {plural(len(shared), 'group')} ({several(shared)})."
            )
        counts = {part: int((rows["part"] == part).sum()) for part in (*PARTS, LEFT_OUT)}
        empty = [part for part in PARTS if counts[part] == 0]
        if empty:
            found = ", ".join(f"{part} {count}" for part, count in counts.items())
            reasons = Counter(rows["reason"].dropna()).most_common(1)
            why = f" Most frequent reason for leaving out: {reasons[0][0]}." if reasons else ""
            lacking = f"{empty[0]} part has" if len(empty) == 1 else f"parts {', '.join(empty)} have"
            advice = "" if drawn else " These parts are the dataset's own: `split_type: [0.8, 0.1, 0.1]` draws others."
            raise SoundcheckError(f"{where}: the {lacking} no track ({found}).{why}{advice}")


def group_overlap(table: pa.Table) -> list[str]:
    """The groups that have tracks in more than one part of a fold, sorted. Never in a split that we draw."""
    frame = table.select(["track_id", "fold", "part", "group"]).to_pandas()
    return sorted({group for _, rows in frame.groupby("fold") for group in _shared_groups(rows)})


def _shared_groups(rows: pd.DataFrame) -> list[str]:
    used = rows[(rows["part"] != LEFT_OUT) & rows["group"].notna()]
    n_parts = used.groupby("group")["part"].nunique()
    return sorted(n_parts.index[n_parts > 1])
