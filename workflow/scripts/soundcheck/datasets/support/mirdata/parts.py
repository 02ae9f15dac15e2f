"""Which part of the published folds a track of mirdata is in, and which tracks belong together."""

import inspect

from soundcheck.datasets.sources.folder import PARTS
from soundcheck.datasets.support.mirdata.reading import Plan, Row, attributes
from soundcheck.datasets.support.mirdata.recipes import OFFICIAL
from soundcheck.datasets.support.published_folds import in_turn
from soundcheck.plumbing.errors import SoundcheckError, several

_PARTS = PARTS | {"training": "train", "testing": "test", "evaluation": "test"}


def published(dataset, split: str) -> str:
    """The attribute that a dataset's published split is read from; OFFICIAL where it has a method of its own."""
    from mirdata import core

    if split != OFFICIAL or type(dataset).get_track_splits is not core.Dataset.get_track_splits:
        return split
    # mirdata's common get_track_splits sorts tracks by this attribute.
    return "split" if "split" in attributes(dataset) else ""


def parts(dataset, plan: Plan, rows: list[Row]) -> list[list[str] | None]:
    """A track's place in each published fold, `<fold> <part>`, the part empty where it is in none; None without folds.

    Whole numbers are folds, each tested in turn while the one before it validates. As in the thesis' released code, the
    rotation in which the first fold validates and the second is tested comes first, and so is the one of `single`.

    Raises:
        SoundcheckError: the attribute that the configuration names does not name parts.
    """
    if plan.split == OFFICIAL:
        folds = _folds_of_mirdata(dataset)
        return [[f"{number} {fold.get(row.track_id, '')}" for number, fold in enumerate(folds)] for row in rows]
    values = [None if row.split is None else row.split.lower() for row in rows]
    there = sorted({value for value in values if value is not None})
    if len(there) >= 3 and all(value.isascii() and value.isdecimal() for value in there):
        return _in_turn([None if value is None else int(value) for value in values])
    if {"train", "test"} <= {_PARTS.get(value) for value in there}:
        return [[f"0 {_PARTS.get(value, '')}"] for value in values]
    if plan.is_own_split and plan.split:
        raise SoundcheckError(
            f"`split_attribute`: '{plan.split}' does not name parts of mirdata's '{dataset.name}'. Its values are "
            f"{several(there) or 'all empty'}; expected train and test ({', '.join(_PARTS)}), or at least three "
            "whole numbers for folds."
        )
    return [None] * len(rows)


def _in_turn(folds: list[int | None]) -> list[list[str]]:
    table = in_turn({str(place): fold for place, fold in enumerate(folds) if fold is not None})
    first, *others = sorted(set(table["fold"]))
    part_of = {(row.fold, row.track_id): row.part for row in table.itertuples()}
    return [
        [f"{fold} {part_of.get((fold, str(place)), '')}" for fold in (*others, first)] for place in range(len(folds))
    ]


def _folds_of_mirdata(dataset) -> list[dict[str, str]]:
    """The part of each track, for each split that a dataset's own get_track_splits knows."""
    if "split_number" not in inspect.signature(dataset.get_track_splits).parameters:
        return [_by_track(dataset.get_track_splits())]
    folds: list[dict[str, str]] = []
    while True:
        try:
            folds.append(_by_track(dataset.get_track_splits(split_number=len(folds))))
        except (ValueError, KeyError, IndexError):
            return folds


def _by_track(split: dict[str, list[str]]) -> dict[str, str]:
    return {
        track_id: _PARTS[name.lower()]
        for name, track_ids in split.items()
        if name.lower() in _PARTS
        for track_id in track_ids
    }
