"""Numbered folds as rotations of train, validation and test."""

from collections.abc import Sequence


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
