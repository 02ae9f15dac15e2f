"""Whether a model was trained on the very dataset that it is tested on."""

from collections.abc import Iterable

from soundcheck.ids import letters


def has_seen(pretrained_on: Iterable[str], names: Iterable[str]) -> bool:
    """Whether a dataset is among those of a model's training, by any of its names.

    However they are spelt (MTG-Jamendo, mtg_jamendo).
    """
    return not {letters(name) for name in names}.isdisjoint(letters(name) for name in pretrained_on)
