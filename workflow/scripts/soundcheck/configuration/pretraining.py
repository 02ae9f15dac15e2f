"""Whether a model was trained on the very dataset that it is tested on."""

from collections.abc import Iterable


def has_seen(pretrained_on: Iterable[str], names: Iterable[str]) -> bool:
    """Whether a dataset is among those of a model's training, by any of its names.

    However they are spelt (MTG-Jamendo, mtg_jamendo).
    """
    return not {_letters(name) for name in names}.isdisjoint(_letters(name) for name in pretrained_on)


def _letters(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())
