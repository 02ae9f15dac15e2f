"""Parts that we draw: seeded, stratified by label, never across a group."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from soundcheck.datasets.splits.stratification import stratify
from soundcheck.datasets.splits.table import N_FOLDS, PARTS, SINGLE_FRACTIONS, group_keys, remove_labels
from soundcheck.plumbing.errors import SoundcheckError, plural
from soundcheck.tasks import TaskType


def shares_of(split: str, fractions: Sequence[float] | None, name: str) -> list[float]:
    if fractions is None:
        if split not in ("single", "all"):
            raise SoundcheckError(f"{name}: a split is 'single', 'all' or a list of three fractions.")
        return list(SINGLE_FRACTIONS) if split == "single" else [1 / N_FOLDS] * N_FOLDS
    total = sum(fractions)
    # Decimal fractions such as 0.7 + 0.2 + 0.1 are not exactly 1 in binary.
    if len(fractions) != len(PARTS) or min(fractions) <= 0 or abs(total - 1) > 1e-6:
        raise SoundcheckError(
            f"{name}: fractions are three numbers above 0 (train, validation, test) that sum to 1, "
            f"not {list(fractions)}."
        )
    return [fraction / total for fraction in fractions]


def part_fractions(shares: list[float]) -> list[float]:
    """What train, validation and test get; five folds give 0.6, 0.2, 0.2."""
    if len(shares) == len(PARTS):
        return [round(share, 6) for share in shares]
    return [1 - 2 / len(shares), 1 / len(shares), 1 / len(shares)]


def drop_rare_labels(items: pd.DataFrame, kind: TaskType, n_parts: int) -> dict[str, str]:
    """Leave out what cannot be in every part; changes `items`, returns the labels with their reasons."""
    n_items: Counter = Counter()
    groups: dict[str, set] = {}
    usable = items[items["reason"].isna()]
    for key, label in zip(group_keys(usable), usable["label"], strict=True):
        for each in label:
            n_items[each] += 1
            groups.setdefault(each, set()).add(key)
    dropped = {
        label: f"label '{label}' has {plural(n_items[label], 'item')} in {plural(len(found), 'group')}; "
        f"a split into {n_parts} parts needs {n_parts} groups"
        for label, found in sorted(groups.items())
        if len(found) < n_parts
    }
    remove_labels(items, dropped, kind)
    return dropped


def drawn_folds(items: pd.DataFrame, shares: list[float], generator: np.random.Generator) -> dict[int, pd.DataFrame]:
    """The folds that we draw, numbered from 0: one of three parts, or as many as there are shares, tested in turn."""
    usable = items[items["reason"].isna()].reset_index(drop=True)
    assigned = assign(usable, shares, generator)
    if len(shares) == N_FOLDS:
        parts = []
        for fold in range(N_FOLDS):
            part = np.full(len(usable), "train", dtype=object)
            part[assigned == fold] = "validation"
            part[assigned == (fold + 1) % N_FOLDS] = "test"
            parts.append(part)
    else:
        parts = [np.array(PARTS, dtype=object)[assigned]]
    return {fold: usable.assign(fold=fold, part=part) for fold, part in enumerate(parts)}


def assign(items: pd.DataFrame, shares: Sequence[float], generator: np.random.Generator) -> np.ndarray:
    """The index of each item's part, `(n_items,)`, drawn over groups."""
    keys = group_keys(items)
    row_of = {key: row for row, key in enumerate(sorted(set(keys)))}
    labels = items["strata"] if "strata" in items else items["label"]
    column_of = {label: column for column, label in enumerate(sorted({each for one in labels for each in one}))}
    counts = np.zeros((len(row_of), len(column_of)), dtype=int)
    sizes = np.zeros(len(row_of), dtype=int)
    rows = np.array([row_of[key] for key in keys], dtype=int)
    for row, label in zip(rows, labels, strict=True):
        sizes[row] += 1
        for each in label:
            counts[row, column_of[each]] += 1
    return stratify(counts, sizes, shares, generator)[rows]
