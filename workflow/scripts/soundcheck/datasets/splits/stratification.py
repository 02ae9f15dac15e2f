"""Iterative stratification: parts that each get their share of every label, also of rare ones and of several at once.

Source: K. Sechidis, G. Tsoumakas, I. Vlahavas: On the Stratification of Multi-label Data, ECML PKDD 2011, algorithm 1.
"""

from collections.abc import Sequence

import numpy as np


def stratify(
    counts: np.ndarray, sizes: np.ndarray, fractions: Sequence[float], generator: np.random.Generator
) -> np.ndarray:
    """Assign groups to parts so that each part gets its fraction of all items and of each label's items.

    Parameters: `counts` (n_groups, n_labels), how many items of each label a group has; `sizes` (n_groups,), its number
    of items; `fractions` (n_parts,), summing to 1. Returns `(n_groups,)`, the index of each group's part.

    The label with the fewest items left goes first; each of its groups, largest first, goes to the part that misses
    most of this label, then most items, then to a random one. Beyond the paper: a part that has none of the label yet
    is served while there are just enough groups, so that a label of as many groups as parts reaches them all.
    """
    fractions = np.asarray(fractions, dtype=float)
    missing = fractions[:, None] * counts.sum(axis=0)
    missing_items = fractions * sizes.sum()
    lacks = np.ones(missing.shape, dtype=bool)
    part_of = np.full(len(sizes), -1)
    order = generator.permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]

    def assign(group: int, part: int) -> None:
        part_of[group] = part
        missing[part] -= counts[group]
        missing_items[part] -= sizes[group]
        lacks[part] &= counts[group] == 0

    while True:
        waiting = order[part_of[order] < 0]
        left = counts[waiting].sum(axis=0)
        if not left.any():
            break
        label = int(np.argmin(np.where(left > 0, left, np.iinfo(left.dtype).max)))
        members = waiting[counts[waiting, label] > 0]
        for position, group in enumerate(members):
            lacking = np.flatnonzero(lacks[:, label])
            short = len(members) - position <= len(lacking)
            parts = lacking if short else np.arange(len(fractions))
            assign(group, _neediest(parts, missing[:, label], missing_items, generator))
    for group in waiting:
        assign(group, _neediest(np.arange(len(fractions)), missing_items, missing_items, generator))
    return part_of


def _neediest(parts: np.ndarray, missing: np.ndarray, missing_items: np.ndarray, generator: np.random.Generator) -> int:
    for need in (missing, missing_items):
        # Equal needs may differ in their last binary digit.
        parts = parts[need[parts] > need[parts].max() - 1e-9]
    return int(parts[0] if len(parts) == 1 else generator.choice(parts))


def quantile_bins(values: np.ndarray, n_bins: int = 10) -> np.ndarray:
    """The bin (n_items, n_targets) of each value: quantiles of its target, equal values in the same one.

    Strata of numbers, so that parts are alike in their distribution. There are fewer bins than `n_bins` where a bin
    would hold fewer than ten items.
    """
    n_bins = int(np.clip(len(values) // 10, 1, n_bins))
    bins = np.zeros(values.shape, dtype=int)
    for target in range(values.shape[1]):
        edges = np.sort(values[:, target])[[len(values) * each // n_bins for each in range(1, n_bins)]]
        bins[:, target] = np.searchsorted(edges, values[:, target], side="right")
    return bins
