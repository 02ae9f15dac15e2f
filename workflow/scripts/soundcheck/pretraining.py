"""Whether a model was trained on the very dataset that it is tested on."""

from collections.abc import Iterable


def has_seen(pretrained_on: Iterable[str], dataset: str) -> bool:
    """Whether a dataset is among those of a model's training, however its name is spelt (MTG-Jamendo, mtg_jamendo)."""
    return _letters(dataset) in {_letters(name) for name in pretrained_on}


def _letters(name: str) -> str:
    return "".join(character for character in name.lower() if character.isalnum())
