"""Vectors that were made elsewhere, in the place of an embedder: a folder of them, laid out by condition.

The vectors of a condition, `clean` or the name of a scenario, are in one of

    <folder>/<condition>/<track_id>.npy         an array (dim,), or frames (n_frames, dim)
    <folder>/<condition>.npz                    such an array under each track's id
    <folder>/<condition>.csv or .parquet        a column `track_id`; the values in the other columns, or as lists in one
                                                column `embedding`; several rows of a track are its frames, whose
                                                times (s) a column `time_s` gives; see `vector_tables`

and those of `clean` may also lie in the folder itself, `<folder>/<track_id>.npy`. A `/` in an id is a sub-folder.
"""

import functools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from soundcheck.embedding import vector_tables
from soundcheck.embedding.pooling import Pool
from soundcheck.embedding.store import AUDIO_COLUMNS, EmbeddingsWriter
from soundcheck.embedding.tracks import Statistics, tracks_in
from soundcheck.ids import CLEAN
from soundcheck.plumbing.errors import SoundcheckError, described, nearest
from soundcheck.plumbing.files import csv_rows

THREADS = 1
ENVIRONMENT = "analysis"
FRAMEWORKS = ()

FILES = (".npz", *vector_tables.SUFFIXES)
# By track id, what reads a track's array; or, where they are known, a pair of the array and its frames' times (s).
Readers = dict[str, Callable[[], np.ndarray | tuple[np.ndarray, np.ndarray]]]


@dataclass(frozen=True)
class Found:
    """What there is of a track: its rows and what they were made from, or the reason why it has none."""

    track_id: str
    duration_s: float | None
    rows: np.ndarray | None = None
    times_s: np.ndarray | None = None
    size: int = 0
    n_frames: int = 0
    reason: str = ""


def take_precomputed(
    tracks_path: str,
    split_paths: Sequence[str],
    parts: Sequence[str],
    scenario: str,
    transforms: list[dict],
    name: str,
    entry: dict,
    seed: int,
    embeddings_path: str | Path,
    audio_path: str | Path,
) -> Statistics:
    """Write the vectors of the tracks that are in one of `parts` of any of the splits; see `embed_from_folder`.

    Raises:
        SoundcheckError: there are no vectors for this scenario, or none that can be used.
    """
    known = {"embedder": name, "deformation": scenario, "seed": seed, "transforms": transforms, "options": entry}
    return embed_from_folder(
        tracks_in(tracks_path, split_paths, parts),
        scenario,
        entry["file"],
        name,
        embeddings_path,
        audio_path,
        known,
        entry.get("pooling", "mean"),
        entry.get("columns") or vector_tables.EVERY,
    )


def embed_from_folder(
    tracks: Iterable[tuple[str, str, float | None]],
    condition: str,
    folder: str | Path,
    name: str,
    embeddings_path: str | Path,
    audio_path: str | Path,
    metadata: dict,
    pooling: str = "mean",
    columns: str | Sequence[str] = vector_tables.EVERY,
) -> Statistics:
    """Write the vectors of `(track_id, path, duration_s)` tracks in one condition, as `driver.embed` does.

    A track without usable vectors is left out, with its reason in the audio table. The size of the vectors is the one
    that most tracks have; a track with another is left out. Of the audio nothing is known but its duration. `columns`
    are the names, or patterns of the names, of those columns of a table that are values.

    Raises:
        SoundcheckError: there are no vectors for this condition, or none that can be used.
    """
    owner = f"embedder {name}, {condition}"
    columns = [columns] if isinstance(columns, str) else columns
    readers, source, about = _readers(condition, Path(folder), columns, owner)
    found = [_found(track_id, duration_s, readers, pooling) for track_id, _, duration_s in sorted(tracks)]
    size = _usual_size(found, readers, f"{owner}: not one of {len(found)} tracks has usable vectors in {source}")
    statistics = Statistics()
    facts = metadata | {"weights": "precomputed", "source": source, "pooling": pooling, "n_layers": 1} | about
    with (
        EmbeddingsWriter(embeddings_path, size * (2 if pooling == "mean_std" else 1), facts) as writer,
        csv_rows(audio_path, AUDIO_COLUMNS) as write_row,
    ):
        for track in found:
            reason = track.reason
            if not reason and track.size != size:
                reason = f"its vectors have {track.size} values, those of most tracks {size}"
            if not reason:
                writer.add(track.track_id, track.rows, track.times_s)
            row = {"track_id": track.track_id, "duration_s": track.duration_s, "n_windows": track.n_frames}
            write_row(row | {"left_out": reason})
            statistics.n_embedded += not reason
            statistics.n_left_out += bool(reason)
    return statistics


def _usual_size(found: list[Found], readers: Readers, error: str) -> int:
    sizes = Counter(track.size for track in found if not track.reason)
    if not sizes:
        first = f"; the first, {found[0].track_id}: {found[0].reason}" if found else ""
        there = nearest(found[0].track_id, list(readers)[:20]) if found and found[0].track_id not in readers else ""
        raise SoundcheckError(f"{error}{first}{there}")
    return sizes.most_common(1)[0][0]


# --- one track ------------------------------------------------------------------------------------------------------


def _found(track_id: str, duration_s: float | None, readers: Readers, pooling: str) -> Found:
    if track_id not in readers:
        return Found(track_id, duration_s, reason="no vectors of this track")
    try:
        array, times_s = with_times if isinstance(with_times := readers[track_id](), tuple) else (with_times, None)
    except Exception as error:
        return Found(track_id, duration_s, reason=f"vectors not readable: {described(error)}")
    reason = _fault(array)
    if reason:
        return Found(track_id, duration_s, reason=reason)
    frames = np.atleast_2d(array)
    pool = Pool(pooling)
    pool.add(frames)
    kept_s = times_s if pooling == "none" else None
    return Found(track_id, duration_s, pool.result(), kept_s, frames.shape[1], len(frames))


def _fault(array: object) -> str:
    """Why an array cannot be the vectors of a track; empty where it can."""
    expected = "expected numbers, (dim,) or (n_frames, dim)"
    if not isinstance(array, np.ndarray):
        return f"vectors not readable: {type(array).__name__}; {expected}"
    if array.dtype.kind not in "fiub" or array.ndim not in (1, 2):
        return f"vectors are an array of {array.dtype}, of shape {array.shape}; {expected}"
    if not array.size:
        return f"vectors are empty, of shape {array.shape}"
    # Finite in what they are written as.
    with np.errstate(over="ignore"):
        finite = np.isfinite(array.astype(np.float32)).all()
    return "" if finite else "vectors with values that are not finite"


# --- where they lie -------------------------------------------------------------------------------------------------


def _readers(condition: str, folder: Path, columns: Sequence[str], owner: str) -> tuple[Readers, str, dict]:
    """What reads each track's array, where they lie, in words, and which columns of a table they are."""
    places = _places(condition, folder)
    if len(places) > 1:
        raise SoundcheckError(f"{owner}: there are both {places[0]} and {places[1]}; keep one of them")
    if places and places[0].suffix in vector_tables.SUFFIXES:
        of_clean = [] if condition == CLEAN else _places(CLEAN, folder)
        order = next((place for place in of_clean if place.suffix in vector_tables.SUFFIXES), None)
        table = vector_tables.read(places[0], columns, order, f"{owner}: ")
        about = vector_tables.summary(table)
        print(f"{places[0]}: the values are {about['columns']}; left out: {about['columns_left_out'] or 'none'}")
        return {name: functools.partial(table.of_track, name) for name in table.rows}, str(places[0]), about
    if tuple(columns) != vector_tables.EVERY:
        raise SoundcheckError(f"{owner}: `columns` is for a table, but the vectors are arrays; leave it out")
    if places:
        return _read(places[0], owner), str(places[0]), {}
    looked_for = f"{folder / condition}/<track_id>.npy and {folder / condition}{'|'.join(FILES)}"
    if condition == CLEAN and folder.is_dir():
        return _npy_below(folder), f"{folder}/<track_id>.npy (also looked for {looked_for})", {}
    raise SoundcheckError(f"{owner}: there are no vectors for this condition; looked for {looked_for}")


def _places(condition: str, folder: Path) -> list[Path]:
    """The folder and the files of a condition that are there."""
    candidates = [folder / condition, *(folder / f"{condition}{suffix}" for suffix in FILES)]
    return [place for place in candidates if place.exists()]


def _read(place: Path, owner: str) -> Readers:
    if place.is_dir():
        return _npy_below(place)
    try:
        archive = np.load(place, allow_pickle=False)
        return {track_id: functools.partial(archive.__getitem__, track_id) for track_id in archive.files}
    except Exception as error:
        raise SoundcheckError(f"{owner}: {place} cannot be read: {described(error)}") from error


def _npy_below(folder: Path) -> Readers:
    return {
        path.relative_to(folder).with_suffix("").as_posix(): functools.partial(np.load, path, allow_pickle=False)
        for path in sorted(folder.rglob("*.npy"))
    }
