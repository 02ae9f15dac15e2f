"""A fixed, small sample of a split, for trying things out: so many tracks of each class, from all parts alike."""

import numpy as np
import pandas as pd


def sampled(items: pd.DataFrame, per_class: int, generator: np.random.Generator) -> set[str]:
    """The ids of about `per_class` tracks of each label, from each part in proportion, at least one where it has any.

    `items` has the columns track_id, part and label (a list). A track with several labels counts for each of them: the
    rarest label chooses first, and a label may get more tracks than it asks for. Without labels (of a regression, where
    each track has a number of its own) all tracks are one class.
    """
    order = items.iloc[generator.permutation(len(items))]
    members: dict[str, list[tuple[str, str]]] = {}
    for track_id, part, labels in zip(order["track_id"], order["part"], order["label"], strict=True):
        for label in labels:
            members.setdefault(label, []).append((track_id, part))
    chosen: set[str] = set()
    for label in sorted(members, key=lambda label: (len(members[label]), label)):
        for part in sorted({part for _, part in members[label]}):
            inside = [track_id for track_id, each in members[label] if each == part]
            wanted = max(1, round(per_class * len(inside) / len(members[label])))
            missing = wanted - sum(track_id in chosen for track_id in inside)
            others = [track_id for track_id in inside if track_id not in chosen]
            chosen.update(others[: max(0, missing)])
    return chosen
