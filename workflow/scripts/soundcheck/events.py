"""Events with their times: how they are written, read, and checked.

An event is text, `onset<TAB>offset<TAB>label` with times in seconds, as in the annotation files of the DCASE challenges
and in Audacity's label tracks; a track has a list of them.
"""

import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from soundcheck.plumbing.errors import SoundcheckError


class Event(NamedTuple):
    """What sounds from `onset_s` to `offset_s` (s)."""

    onset_s: float
    offset_s: float
    label: str


def written(event: Event) -> str:
    """The event as text; its times read back exactly."""
    return f"{float(event.onset_s)!r}\t{float(event.offset_s)!r}\t{event.label}"


def parsed(text: str) -> Event:
    """The event that a text means. Raises SoundcheckError for what is not `onset<TAB>offset<TAB>label`."""
    cells = text.split("\t", 2)
    try:
        event = Event(float(cells[0]), float(cells[1]), cells[2].strip())
    except (ValueError, IndexError) as problem:
        raise SoundcheckError(f"{text!r} is no event: onset, offset (s) and label, separated by tabs") from problem
    if not (math.isfinite(event.onset_s) and math.isfinite(event.offset_s) and event.label):
        raise SoundcheckError(f"{text!r} is no event: its times must be finite, and its label not empty")
    return event


def read_file(path: Path) -> list[str]:
    """The events of an annotation file, one a line; blank lines do not count.

    Raises SoundcheckError, naming the line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as problem:
        raise SoundcheckError(f"{path}: not readable as UTF-8 text ({problem}).") from problem
    events = []
    for number, line in enumerate(lines, start=1):
        try:
            events += [written(parsed(line))] if line.strip() else []
        except SoundcheckError as problem:
            raise SoundcheckError(f"{path}, line {number}: {problem}.") from problem
    return events


def labels_of(events: Iterable[str]) -> list[str]:
    """The labels that occur, sorted."""
    return sorted({parsed(text).label for text in events})


def fault(events: Sequence[str], duration_s: float) -> str | None:
    """Why events cannot be those of a clip of this duration (s, NaN where not known); None where they can.

    One that begins in the clip may end after it: annotations and lengths are seldom rounded alike.
    """
    for onset_s, offset_s, label in map(parsed, events):
        if offset_s < onset_s:
            return f"its event '{label}' ends, at {offset_s:g} s, before it begins, at {onset_s:g} s"
        if onset_s < 0:
            return f"its event '{label}' begins before the clip, at {onset_s:g} s"
        if onset_s > duration_s:
            return f"its event '{label}' begins at {onset_s:g} s, after the clip's end at {duration_s:g} s"
    return None
