"""Parts as a dataset's authors published them, or as your own table says."""

import numpy as np
import pandas as pd

from soundcheck.datasets.splits.drawing import assign
from soundcheck.datasets.splits.table import LEFT_OUT, PARTS, VALIDATION_SHARE
from soundcheck.plumbing.errors import SoundcheckError, several


def official_folds(
    items: pd.DataFrame,
    official: pd.DataFrame,
    split: str,
    generator: np.random.Generator,
    notes: dict,
    name: str,
    allows_ids: bool,
) -> dict[int, pd.DataFrame]:
    """The published folds, by their published numbers; of `single`, the one that the table names first."""
    if split not in ("single", "all"):
        raise SoundcheckError(f"{name}: a split is 'single', 'all' or a list of three fractions.")
    unknown = sorted(set(official["part"]) - set(PARTS))
    if unknown:
        raise SoundcheckError(
            f"{name}: unknown parts {several(unknown)} in the official split; parts are {', '.join(PARTS)}."
        )
    if official.empty:
        raise SoundcheckError(f"{name}: the official split names no track.")
    folds = {}
    for number in sorted(map(int, set(official["fold"][:1] if split == "single" else official["fold"]))):
        given = official[official["fold"] == number]
        twice = given["track_id"][given["track_id"].duplicated()]
        if len(twice) and not allows_ids:
            raise SoundcheckError(
                f"{name}, fold {number}: in more than one part of the official split: {several(twice)}. To go on all "
                "the same, write `allow_overlap: [id]` at this dataset in the configuration."
            )
        # A left merge keeps the order of the items, and drops ids of tracks that are not there (left out, or missing).
        fold = items.merge(given[["track_id", "part"]], on="track_id", how="left").assign(fold=number)
        outside = fold["part"].isna() & fold["reason"].isna()
        fold.loc[outside, "reason"] = "in no part of the dataset's own split"
        fold = fold[fold["reason"].isna() | outside].reset_index(drop=True)
        fold.loc[fold["reason"].notna(), "part"] = LEFT_OUT
        if not (fold["part"] == "validation").any():
            notes["validation_from_train"] = VALIDATION_SHARE
            _take_validation(fold, generator)
        folds[number] = fold
    return folds


def _take_validation(fold: pd.DataFrame, generator: np.random.Generator) -> None:
    train = fold[fold["part"] == "train"]
    if train.empty:
        return
    assigned = assign(train.reset_index(drop=True), (1 - VALIDATION_SHARE, VALIDATION_SHARE), generator)
    fold.loc[train.index[assigned == 1], "part"] = "validation"
