"""Events with their times: how they are written, read, and checked.

An event is text, `onset<TAB>offset<TAB>label` with times in seconds, as in the annotation files of the DCASE challenges
and in Audacity's label tracks; a track has a list of them.
"""

import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from soundcheck.plumbing.errors import SoundcheckError

# As anybody writes a number; Python also reads `1_003` and digits of other scripts.
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
# Audacity writes the frequencies of a selection in a line below that of its label.
_FREQUENCIES = "\\\t"


class Event(NamedTuple):
    """What sounds from `onset_s` to `offset_s` (s)."""

    onset_s: float
    offset_s: float
    label: str


def written(event: Event) -> str:
    """The event as text; its times read back exactly."""
    return f"{float(event.onset_s)!r}\t{float(event.offset_s)!r}\t{event.label}"


def number(text: str) -> float:
    """The finite number that a text is. Raises ValueError for all else, also for what Python alone reads as one."""
    is_one = _NUMBER.fullmatch(text.strip())
    if is_one and math.isfinite(float(text)):
        return float(text)
    is_infinite = is_one or text.strip().lower().lstrip("+-") in ("nan", "inf", "infinity")
    advice = "; decimals have a point" if "," in text else ""
    raise ValueError(f"'{text}' is not a {'finite ' if is_infinite else ''}number{advice}")


def parsed(text: str) -> Event:
    """The event that a text means. Raises SoundcheckError for what is not `onset<TAB>offset<TAB>label`."""
    cells = text.split("\t", 2)
    try:
        event = Event(number(cells[0]), number(cells[1]), cells[2].strip())
    except (ValueError, IndexError) as problem:
        raise SoundcheckError(
            f"{text!r} is no event: onset, offset (s, finite) and label, separated by tabs"
        ) from problem
    if not event.label:
        raise SoundcheckError(f"{text!r} is no event: its label is empty")
    return event


def read_file(path: Path) -> tuple[list[str], int]:
    """The events of an annotation file, one a line; and how many more have no label, which Audacity permits.

    Blank lines do not count, nor those with the frequencies of Audacity's selections. Times may have decimal commas, if
    no time of the file has a point.

    Raises SoundcheckError, naming the line.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as problem:
        raise SoundcheckError(f"{path}: not readable as UTF-8 text ({problem}).") from problem
    events, n_unlabelled = [], 0
    has_commas = not any("." in cell for line in lines for cell in line.split("\t")[:2] if line[:2] != _FREQUENCIES)
    for row, line in enumerate(lines, start=1):
        if not line.strip() or line.startswith(_FREQUENCIES):
            continue
        cells = line.split("\t", 2)
        if has_commas:
            cells[:2] = [cell.replace(",", ".") for cell in cells[:2]]
        is_unlabelled = len(cells) == 2 or not cells[-1].strip()
        try:
            event = parsed("\t".join([*cells[:2], "-"] if is_unlabelled else cells))
        except SoundcheckError as problem:
            raise SoundcheckError(f"{path}, line {row}: {problem}.") from problem
        n_unlabelled += is_unlabelled
        events += [] if is_unlabelled else [written(event)]
    return events, n_unlabelled


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
