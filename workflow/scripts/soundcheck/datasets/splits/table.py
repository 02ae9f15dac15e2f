"""What every module of splits speaks of: the parts, the table, and how labels are left out."""

import hashlib

import pandas as pd
import pyarrow as pa

from soundcheck.tasks import TaskType

PARTS = ("train", "validation", "test")
LEFT_OUT = "left_out"
SINGLE_FRACTIONS = (0.8, 0.1, 0.1)
N_FOLDS = 5
# Where published parts have no validation part, this share of their training tracks becomes it.
VALIDATION_SHARE = 0.1

SCHEMA = pa.schema(
    [
        ("track_id", pa.string()),
        ("fold", pa.int32()),
        ("part", pa.string()),
        ("label", pa.list_(pa.string())),
        ("group", pa.string()),
        ("reason", pa.string()),
    ]
)


# Beside these columns, the events of each track, where the task is to detect them.
EVENTS = pa.field("events", pa.list_(pa.string()))


def remove_labels(items: pd.DataFrame, dropped: dict[str, str], kind: TaskType) -> None:
    if not dropped:
        return
    if kind.has_one_label:
        reasons = [dropped.get(label[0]) if label else None for label in items["label"]]
        items["reason"] = items["reason"].where(items["reason"].notna(), pd.Series(reasons, dtype=object))
    else:
        items["label"] = pd.Series([[each for each in label if each not in dropped] for label in items["label"]])


def labels_in(fold: pd.DataFrame, part: str) -> set[str]:
    return {each for label in fold["label"][fold["part"] == part] for each in label}


def group_keys(items: pd.DataFrame) -> list[tuple[str, str]]:
    """Tracks without a group are each a group of their own; a pair keeps those apart from groups of the same name."""
    return [
        ("group", group) if group is not None else ("track", track_id)
        for track_id, group in zip(items["track_id"], items["group"], strict=True)
    ]


def digest(table: pa.Table) -> str:
    """SHA-256 of who is where: fold, track and part of all rows in their order. Equal splits have equal digests."""
    columns = (table[name].to_pylist() for name in ("fold", "track_id", "part"))
    lines = (f"{fold}\t{track_id}\t{part}\n" for fold, track_id, part in zip(*columns, strict=True))
    return hashlib.sha256("".join(lines).encode()).hexdigest()
