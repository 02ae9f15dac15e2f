"""Ids: names that are safe as file names, those that mean something by themselves, and those of joined tracks."""

import re

# The scenario of audio as it is, with which every other one is compared.
CLEAN = "clean"
# The split of a dataset of which all tracks are tested, by probes that were trained on another.
EVERYTHING = "everything"


def safe_id(text: str) -> str:
    """`text` with every run of characters outside `[A-Za-z0-9_.-]` replaced by one underscore."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", text).strip("_") or "_"


def joined_ids(dataset: str, track_ids: list[str]) -> list[str]:
    """Ids of tracks of two datasets that are joined: `<dataset>/<track id>`, so that both may use the same ids."""
    return [f"{dataset}/{track_id}" for track_id in track_ids]


def letters(name: str, also: str = "") -> str:
    """A name without its case, spaces and marks, except those of `also`: the same for all of its spellings."""
    return "".join(character for character in name.casefold() if character.isalnum() or character in also)
