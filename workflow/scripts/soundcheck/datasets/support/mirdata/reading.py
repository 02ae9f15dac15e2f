"""What mirdata tells of each track, read attribute by attribute; nothing that a file does there ends the index."""

import os
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from soundcheck.datasets.support.mirdata import files
from soundcheck.datasets.support.mirdata.recipes import OFFICIAL
from soundcheck.plumbing.errors import SoundcheckError, described, did_you_mean


@dataclass(frozen=True)
class Plan:
    """Which attribute holds a track's audio, labels (column -> attributes), group and part; empty: none does."""

    audio: str
    columns: dict[str, tuple[str, ...]]
    group: str
    read_group: Callable[[list[str]], list[str]]
    grouped_by: str | None
    split: str
    is_own_split: bool


@dataclass
class Row:
    """A track: `values` holds its labels by column, `groups` what it shares with others, `split` its part or fold."""

    track_id: str
    path: str = ""
    left_out: str | None = None
    is_there: bool = False
    split: str | None = None
    groups: list[str] = field(default_factory=list)
    values: dict[str, list[str]] = field(default_factory=dict)


def rows(dataset, plan: Plan, folder: Path) -> list[Row]:
    """A row for each track of the index, in its order. Raises SoundcheckError where none of them can be used."""
    _check_metadata(dataset, folder)
    found = [_row(dataset, track_id, plan, folder) for track_id in dataset.track_ids]
    _check_usable(found, dataset, folder)
    return found


def attributes(dataset) -> set[str]:
    """What a track of this dataset has by name."""
    for track_id in dataset.track_ids[:10]:
        try:
            return _public(dataset.track(track_id))
        except Exception:
            continue
    return _public(dataset._track_class)


def check_attribute(dataset, name: str, option: str) -> None:
    """Refuse an attribute that tracks do not have, with the nearest that they have."""
    there = attributes(dataset)
    first = name.split(".")[0]
    if first not in there:
        near = did_you_mean(first, there)
        raise SoundcheckError(
            f"`{option}`: a track of mirdata's '{dataset.name}' has no attribute '{first}'{near}; it has "
            f"{', '.join(sorted(there))}."
        )


def _public(track: object) -> set[str]:
    is_class = isinstance(track, type)
    kind, own = (track, set()) if is_class else (type(track), set(vars(track)))
    names = own | {name for name in dir(kind) if not callable(getattr(kind, name))}
    return {name for name in names if not name.startswith("_")}


def _check_metadata(dataset, folder: Path) -> None:
    """Refuse metadata that cannot be read, instead of trying again for every track."""
    try:
        _ = dataset._metadata
    except Exception as problem:
        raise SoundcheckError(
            f"mirdata cannot read the metadata of '{dataset.name}' in '{folder}': {described(problem)}. Lay the files "
            "out as mirdata does, or give an absent or empty `dir` to download them into."
        ) from problem


def _row(dataset, track_id: str, plan: Plan, folder: Path) -> Row:
    row = Row(track_id)
    try:
        track = dataset.track(track_id)
        path = getattr(track, plan.audio)
    # Its constructors parse file names, each in its own way: one odd name must not end the index.
    except Exception as problem:
        row.left_out = f"mirdata cannot read this track: {described(problem)}"
        return row
    if not path:
        row.left_out = "mirdata's index names no audio for it"
        return row
    row.path = _relative(str(path), folder)
    if plan.split and plan.split != OFFICIAL:
        row.split = next(iter(_values_or_none(track, plan.split)), None)
    # Of a dataset that is there in part, thousands may be missing: indexing lists them, nothing more is read of them.
    row.is_there = os.path.isfile(path)
    if row.is_there:
        _read_labels(row, track, plan)
        shared = _values_or_none(track, plan.group) if plan.group else []
        row.groups = plan.read_group(shared) if shared else []
    return row


def _relative(path: str, folder: Path) -> str:
    inside = os.path.relpath(path, folder)
    is_outside = inside.split(os.sep)[0] == os.pardir
    return (os.path.abspath(path) if is_outside else inside).replace(os.sep, "/")


def _read_labels(row: Row, track: object, plan: Plan) -> None:
    for column, names in plan.columns.items():
        try:
            found = [_values(_value(track, name), name) for name in names]
        # What is raised for a damaged file is mirdata's parsers' affair; here it is why this one track is left out.
        except Exception as problem:
            reason = str(problem) if isinstance(problem, SoundcheckError) else described(problem)
            row.left_out = f"mirdata cannot read '{', '.join(names)}': {reason}"
            return
        if len(found) > 1:
            found = [[" ".join(value for values in found for value in values)] if all(found) else []]
        if found[0]:
            row.values[column] = found[0]


def _values_or_none(track: object, name: str) -> list[str]:
    """Groups and parts are worth having, but no track is left out for the want of them."""
    try:
        return _values(_value(track, name), name)
    except Exception:
        return []


def _value(track: object, name: str) -> object:
    first, *inner = name.split(".")
    value = getattr(track, first)
    for entry in inner:
        if not isinstance(value, dict):
            raise SoundcheckError(f"'{first}' is no dictionary, so that it has no '{entry}'")
        if entry not in value:
            raise SoundcheckError(f"no '{entry}' in '{first}'{did_you_mean(entry, value)}")
        value = value[entry]
    return value


def _values(value: object, name: str) -> list[str]:
    """Text or number as one label, a list as several; stray spaces are cut, empty ones dropped."""
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return []
    if isinstance(value, str | int | float):
        text = str(value).strip()
        return [text] if text else []
    if isinstance(value, list | tuple | set | frozenset):
        if any(not isinstance(each, str | int) for each in value):
            raise SoundcheckError(f"'{name}' is a list of other things than texts, which is no label")
        found = [text for each in value for text in _values(each, name)]
        return sorted(found) if isinstance(value, set | frozenset) else found
    if isinstance(value, dict):
        example = f"{name}.{next(iter(value), 'entry')}"
        raise SoundcheckError(f"'{name}' is a dictionary; name an entry of it, as in '{example}'")
    raise SoundcheckError(f"'{name}' is a {type(value).__name__}, which is no label")


def _check_usable(found: list[Row], dataset, folder: Path) -> None:
    there = [row for row in found if row.is_there]
    problems = Counter(row.left_out for row in (there or found) if row.left_out)
    if sum(problems.values()) == len(there or found):
        reason = problems.most_common(1)[0][0]
        raise SoundcheckError(f"no track of mirdata's '{dataset.name}' can be used, most often because {reason}.")
    if not there:
        raise SoundcheckError(files.no_audio(dataset, folder, next(row.path for row in found if row.path)))
