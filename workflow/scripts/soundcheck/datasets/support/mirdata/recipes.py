"""What is known of single datasets of mirdata: which attribute is the label of which task, and how it is read.

A dataset that is not here works as well: its label is then an attribute that the configuration names.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath

from soundcheck.datasets.support import keys
from soundcheck.plumbing.errors import SoundcheckError

# For the attribute that a split is read from: what mirdata's get_track_splits says.
OFFICIAL = "mirdata's own"


def as_given(values: list[str]) -> list[str] | str:
    """The labels as mirdata gives them."""
    return values


def one_key(values: list[str]) -> list[str] | str:
    """The one key of a track, as one of the 24; or why there is none.

    As published for the electronic music collections: exactly one key, of exactly two words, none of them `other`.
    """
    names = [name.strip() for value in values for name in value.split("|")]
    if len(names) != 1:
        return f"{len(names)} keys are annotated ({', '.join(names)})"
    words = names[0].split()
    if len(words) != 2 or "other" in (word.lower() for word in words):
        return f"'{names[0]}' is not one major or minor key"
    try:
        return [keys.normalise(names[0])]
    except SoundcheckError as problem:
        return str(problem)


def pitch_class(values: list[str]) -> list[str] | str:
    """`A#` of `A#4`."""
    match = re.fullmatch(r"([A-G]#?)-?\d+", values[0])
    return [match.group(1)] if match else f"'{values[0]}' is not a note such as A#4"


def irmas_recording(values: list[str]) -> list[str]:
    """The recording that an excerpt was cut from: `0189` of `[cla][cla]0189__2.wav`, `Song` of `Song-8.wav`."""
    stem = PurePath(values[0]).stem
    train = re.search(r"(\d+)__\d+$", stem)
    return [train.group(1) if train else re.sub(r"-\d+$", "", stem)]


@dataclass(frozen=True)
class Task:
    """A task's type, the attribute (or several, joined by a space) that holds its label, and how it is read."""

    type: str
    attributes: tuple[str, ...]
    read: Callable[[list[str]], list[str] | str] = as_given
    # Whether the dataset's published split serves this task, too.
    split: bool = True


@dataclass(frozen=True)
class Recipe:
    """A dataset's tasks; which attributes hold its audio, its groups and its published parts."""

    title: str
    tasks: dict[str, Task]
    audio: str = "audio_path"
    group: str = ""
    read_group: Callable[[list[str]], list[str]] = as_given
    grouped_by: str | None = None
    split: str = OFFICIAL
    # Empty: mirdata's.
    citation: str = ""


RECIPES = {
    "beatport_key": Recipe(
        title="Beatport EDM Key: electronic dance music with keys",
        tasks={"key_estimation": Task("multiclass", ("key",), one_key)},
        group="artists",
        grouped_by="artist",
    ),
    "giantsteps_key": Recipe(
        title="GiantSteps+ Key: electronic dance music with keys",
        tasks={"key_estimation": Task("multiclass", ("key",), one_key)},
        group="artists",
        grouped_by="artist",
    ),
    "fma_keys": Recipe(
        title="FMAK: keys of the Free Music Archive",
        tasks={"key_estimation": Task("multiclass", ("key", "mode"), one_key)},
        citation="""@inproceedings{wong2023fmak,
  title = {FMAK: A Dataset of Key and Mode Annotations for the Free Music Archive},
  author = {Wong, Stella and Hernandez, Gandalf},
  booktitle = {24th International Society for Music Information Retrieval Conference (ISMIR)},
  year = {2023}
}""",
    ),
    "tinysol": Recipe(
        title="TinySOL: single notes of 14 instruments",
        tasks={
            "instrument_classification": Task("multiclass", ("instrument_full",)),
            "pitch_class_classification": Task("multiclass", ("pitch",), pitch_class),
        },
    ),
    "gtzan_genre": Recipe(
        title="GTZAN: genres",
        tasks={"genre_classification": Task("multiclass", ("genre",))},
    ),
    "medley_solos_db": Recipe(
        title="Medley-solos-DB: three seconds of one of eight instruments",
        tasks={"instrument_classification": Task("multiclass", ("instrument",))},
        group="song_id",
        grouped_by="song",
        split="subset",
    ),
    "irmas": Recipe(
        title="IRMAS: predominant instruments",
        tasks={
            # One instrument is annotated in the training excerpts alone; in the test excerpts there may be several.
            "instrument_classification": Task("multiclass", ("predominant_instrument",), split=False),
            "autotagging": Task("multilabel", ("instrument",)),
        },
        group="audio_path",
        read_group=irmas_recording,
        grouped_by="recording",
    ),
    "good_sounds": Recipe(
        title="Good-sounds: single notes and scales of 12 instruments",
        tasks={
            "instrument_classification": Task("multiclass", ("instrument",)),
            "pitch_class_classification": Task("multiclass", ("sound_info.note",)),
        },
        # Up to four microphones recorded each sound.
        group="take_info.sound_id",
        grouped_by="sound",
    ),
    "mridangam_stroke": Recipe(
        title="Mridangam Stroke: single strokes of an Indian drum",
        tasks={
            "stroke_classification": Task("multiclass", ("stroke_name",)),
            "tonic_classification": Task("multiclass", ("tonic",)),
        },
    ),
    "orchset": Recipe(
        title="Orchset: sections that play the melody of orchestral excerpts",
        tasks={"autotagging": Task("multilabel", ("predominant_melodic_instruments",))},
        audio="audio_path_mono",
        group="composer",
        grouped_by="composer",
    ),
}
