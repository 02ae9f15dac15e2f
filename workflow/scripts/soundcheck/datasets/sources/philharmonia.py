"""Single notes played by members of the Philharmonia Orchestra: about 9,750 recordings, 19 instruments and percussion.

Layout: `<instrument>_<note>_<length>_<dynamic>_<articulation>.mp3`, in a folder per instrument. A field is what stands
between two underscores, taken whole and never searched for inside a longer name. The note of unpitched percussion is
empty (`agogo-bells__025_forte_struck-singly.mp3`). The folder `cor anglais` holds files named `english-horn`: the
file's own field is the label.

Groups: the takes of one note on one instrument differ in little but length and loudness, so they share a group and
never sit on both sides of a split. Otherwise a probe could recognise the very note that it was trained on. Where the
instrument is to be told, all instruments' takes of a note stay together: see `groups`. Unpitched takes are grouped by
instrument.
"""

import re
import sys
from pathlib import Path

import pandas as pd

from soundcheck.datasets.support.audio_files import audio_files
from soundcheck.plumbing.downloads import fetch_all
from soundcheck.plumbing.downloads.archives import unpack
from soundcheck.plumbing.downloads.folders import install
from soundcheck.plumbing.downloads.remote import Remote
from soundcheck.plumbing.errors import SoundcheckError

TITLE = "Philharmonia Orchestra sound samples"
LICENSE = "CC BY-SA 3.0, by the Philharmonia Orchestra; not to be sold or made available as samples"
BIBTEX = """@misc{philharmonia_samples,
  title = {Sound samples},
  author = {{Philharmonia Orchestra}},
  howpublished = {\\url{https://philharmonia.co.uk/resources/sound-samples/}},
  note = {Mirror: \\url{https://github.com/skratchdot/philharmonia-samples}. CC BY-SA 3.0}
}"""
# The archive of a branch is packed anew on request, so that it has no fixed digest: what it holds is checked instead
# (every member's CRC when it is unpacked, then the number of recordings).
REMOTES = {
    "audio": Remote(
        "https://github.com/skratchdot/philharmonia-samples/archive/refs/heads/gh-pages.zip", "philharmonia.zip"
    )
}
N_FILES = 9750
_UNPACKED_BYTES = 240_000_000
TASKS = {
    "instrument_classification": "multiclass",
    "pitch_class_classification": "multiclass",
    "dynamics_classification": "multiclass",
    "autotagging": "multilabel",
}
SYNTHETIC = False
GROUPED_BY = "instrument and note"

FAMILIES = {
    "strings": ("violin", "viola", "cello", "double bass"),
    "plucked": ("banjo", "guitar", "mandolin"),
    "woodwind": (
        *("flute", "oboe", "english horn", "cor anglais", "clarinet", "bass clarinet"),
        *("bassoon", "contrabassoon", "saxophone"),
    ),
    "brass": ("french horn", "trumpet", "trombone", "tuba"),
}
_FAMILY = {instrument: family for family, instruments in FAMILIES.items() for instrument in instruments}
_LENGTHS = {"025": "0.25s", "05": "0.5s", "1": "1s", "15": "1.5s"}
_NOTE = re.compile(r"([A-G])(s?)(-?\d)")
_FIELDS = ("instrument", "note", "length", "dynamic", "articulation")


def download(folder: Path, **options: object) -> None:
    """Fetch and unpack the public archive (230 MB) where `folder` is absent or empty; use what is there otherwise.

    Raises `DownloadError` when it cannot be had, SoundcheckError when the folder holds files but no audio.
    """
    installed = install(folder, TITLE, _make)
    n_files = len(audio_files(folder))
    if n_files == 0:
        raise SoundcheckError(
            f"'{folder}' holds files but no audio. Give the folder that holds the Philharmonia recordings, or an "
            "empty or absent one to download them into."
        )
    if installed and n_files != N_FILES:
        print(f"Philharmonia: {n_files} recordings in the archive, {N_FILES} were expected.", file=sys.stderr)


def _make(work: Path) -> Path:
    (archive,) = fetch_all(list(REMOTES.values()), work, TITLE, LICENSE, _UNPACKED_BYTES)
    return unpack(archive, work / "complete", strip=1, only="audio/*")


def tracks(folder: Path, **options: object) -> pd.DataFrame:
    """One row a recording: `track_id` (file stem), `path`, `group`, `left_out`, and the fields of the file's name.

    Columns: instrument, family, note (`A#4`), pitch_class (`A#`), octave, length (`0.5s`), dynamic, articulation. Note,
    pitch class and octave are None for unpitched percussion. A name that does not fit is left out with its reason.
    """
    rows = _with_unique_ids([_track(path) for path in audio_files(folder)])
    # Objects, not pandas' own types: an absent whole number would turn its column into real numbers.
    return pd.DataFrame({column: pd.Series([row.get(column) for row in rows], dtype=object) for column in _COLUMNS})


def labels(tracks: pd.DataFrame, task: str) -> pd.Series:
    """`list[str]` for each track, or None where the task does not apply to it.

    Instrument and pitch class apply to pitched notes: most percussion instruments have a handful of recordings each.
    Dynamics keep their published names. Tags are `family:`, `instrument:`, `dynamic:`, `length:`, `articulation:`.
    """
    pitched = tracks["pitch_class"].notna()
    if task == "instrument_classification":
        return _single(tracks["instrument"].where(pitched))
    if task == "pitch_class_classification":
        return _single(tracks["pitch_class"])
    if task == "dynamics_classification":
        return _single(tracks["dynamic"])
    if task == "autotagging":
        return pd.Series([_tags(row) for row in tracks.to_dict("records")], index=tracks.index, dtype=object)
    raise SoundcheckError(f"philharmonia has no task '{task}'; it has {', '.join(TASKS)}")


def groups(tracks: pd.DataFrame, task: str) -> tuple[pd.Series, str]:
    """The group of each track for a task, and what the groups are.

    For tasks about the instrument, groups are notes. Were they instrument and note, each note that is tested on one
    instrument would be trained on the others alone, and an embedding that holds nothing but pitch would learn which
    instrument is missing there: it would score below chance.
    """
    if task in ("instrument_classification", "autotagging"):
        return tracks["note"].where(tracks["note"].notna(), tracks["group"]), "note"
    return tracks["group"], GROUPED_BY


_TAGS = ("family", "instrument", "dynamic", "length", "articulation")
_COLUMNS = [
    *("track_id", "path", "group", "left_out"),
    *("instrument", "family", "note", "pitch_class", "octave", "length", "dynamic", "articulation"),
]


def _track(path: str) -> dict:
    stem = Path(path).stem
    row = {"track_id": stem, "path": path}
    fields = stem.split("_")
    if len(fields) != len(_FIELDS):
        expected = "_".join(f"<{field}>" for field in _FIELDS)
        return row | {"left_out": f"the file's name has {len(fields)} fields, not the five of {expected}"}
    instrument, note, length, dynamic, articulation = fields
    pitch = _NOTE.fullmatch(note)
    if note and not pitch:
        return row | {"left_out": f"'{note}' in the file's name is not a note such as A4 or As4"}
    instrument = instrument.replace("-", " ")
    row |= {"instrument": instrument, "dynamic": dynamic, "articulation": articulation}
    row |= {"length": _LENGTHS.get(length, length), "group": f"{instrument} {note}".strip()}
    row["family"] = _FAMILY.get(instrument) or (None if pitch else "percussion")
    if pitch:
        letter, sharp, octave = pitch.groups()
        pitch_class = letter + ("#" if sharp else "")
        row |= {"note": pitch_class + octave, "pitch_class": pitch_class, "octave": int(octave)}
    return row


def _with_unique_ids(rows: list[dict]) -> list[dict]:
    """A second file of the same name is listed under an id of its own and left out."""
    first: dict[str, str] = {}
    for row in rows:
        stem = row["track_id"]
        if stem in first:
            row["track_id"] = row["path"].replace("/", "_")
            row["left_out"] = f"same file name as '{first[stem]}'"
        else:
            first[stem] = row["path"]
    return rows


def _single(values: pd.Series) -> pd.Series:
    return pd.Series(
        [[value] if isinstance(value, str) else None for value in values], index=values.index, dtype=object
    )


def _tags(row: dict) -> list[str] | None:
    if not isinstance(row["dynamic"], str):
        return None
    return [f"{tag}:{row[tag]}" for tag in _TAGS if isinstance(row[tag], str)]
