"""Vectors that were made elsewhere, in the place of an embedder: a folder of them, laid out by condition.

The vectors of a condition, `clean` or the name of a scenario, are in one of

    <folder>/<condition>/<track_id>.npy         an array (dim,), or frames (n_frames, dim)
    <folder>/<condition>.npz                    such an array under each track's id
    <folder>/<condition>.csv or .parquet        a column `track_id`; the values in the other columns, or as lists in one
                                                column `embedding`; several rows of a track are its frames, whose
                                                times (s) a column `time_s` gives

and those of `clean` may also lie in the folder itself, `<folder>/<track_id>.npy`. A `/` in an id is a sub-folder.
"""

import csv
import functools
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow.csv import ConvertOptions, read_csv

from soundcheck import parquet
from soundcheck.embedding.pooling import Pool
from soundcheck.embedding.store import AUDIO_COLUMNS, EmbeddingsWriter
from soundcheck.embedding.tracks import Statistics, tracks_in
from soundcheck.ids import CLEAN
from soundcheck.plumbing.errors import SoundcheckError, described, nearest
from soundcheck.plumbing.files import csv_rows

THREADS = 1
ENVIRONMENT = "analysis"
FRAMEWORKS = ()

TABLES = (".npz", ".csv", ".parquet")
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
) -> Statistics:
    """Write the vectors of `(track_id, path, duration_s)` tracks in one condition, as `driver.embed` does.

    A track without usable vectors is left out, with its reason in the audio table. The size of the vectors is the one
    that most tracks have; a track with another is left out. Of the audio nothing is known but its duration.

    Raises:
        SoundcheckError: there are no vectors for this condition, or none that can be used.
    """
    owner = f"embedder {name}, {condition}"
    readers, source = _readers(condition, Path(folder), owner)
    found = [_found(track_id, duration_s, readers, pooling) for track_id, _, duration_s in sorted(tracks)]
    size = _usual_size(found, readers, f"{owner}: not one of {len(found)} tracks has usable vectors in {source}")
    statistics = Statistics()
    facts = metadata | {"weights": "precomputed", "source": source, "pooling": pooling, "n_layers": 1}
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


def _readers(condition: str, folder: Path, owner: str) -> tuple[Readers, str]:
    """What reads each track's array, and where they lie, in words."""
    candidates = [folder / condition, *(folder / f"{condition}{suffix}" for suffix in TABLES)]
    places = [place for place in candidates if place.exists()]
    if len(places) > 1:
        raise SoundcheckError(f"{owner}: there are both {places[0]} and {places[1]}; keep one of them")
    if places:
        return _read(places[0], owner), str(places[0])
    looked_for = f"{folder / condition}/<track_id>.npy and {folder / condition}{'|'.join(TABLES)}"
    if condition == CLEAN and folder.is_dir():
        return _npy_below(folder), f"{folder}/<track_id>.npy (also looked for {looked_for})"
    raise SoundcheckError(f"{owner}: there are no vectors for this condition; looked for {looked_for}")


def _read(place: Path, owner: str) -> Readers:
    if place.is_dir():
        return _npy_below(place)
    try:
        if place.suffix == ".npz":
            archive = np.load(place, allow_pickle=False)
            return {track_id: functools.partial(archive.__getitem__, track_id) for track_id in archive.files}
        table = parquet.read(place) if place.suffix == ".parquet" else _csv(place)
    except Exception as error:
        raise SoundcheckError(f"{owner}: {place} cannot be read: {described(error)}") from error
    return _of_table(table, f"{owner}: {place}")


def _npy_below(folder: Path) -> Readers:
    return {
        path.relative_to(folder).with_suffix("").as_posix(): functools.partial(np.load, path, allow_pickle=False)
        for path in sorted(folder.rglob("*.npy"))
    }


def _csv(place: Path) -> pa.Table:
    with place.open(newline="", encoding="utf-8-sig") as file:
        names = next(csv.reader(file), [])
    # Not guessed from the first rows: ids may look like numbers, and numbers like whole ones.
    types = dict.fromkeys(names, pa.float64()) | {"track_id": pa.string()}
    return read_csv(place, convert_options=ConvertOptions(column_types=types))


def _of_table(table: pa.Table, owner: str) -> Readers:
    if "track_id" not in table.column_names:
        raise SoundcheckError(f"{owner} has no column 'track_id'{nearest('track_id', table.column_names[:20])}")
    rows: dict[str, list[int]] = {}
    for row, track_id in enumerate(table["track_id"].to_pylist()):
        rows.setdefault(str(track_id), []).append(row)
    values = _values(table, owner)
    if "time_s" not in table.column_names:
        return {track_id: functools.partial(values.__getitem__, numbers) for track_id, numbers in rows.items()}
    kind = table.schema.field("time_s").type
    if not (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
        raise SoundcheckError(f"{owner}: the column 'time_s' is {kind}; it must be numbers, in seconds")
    times_s = table["time_s"].cast(pa.float64()).to_numpy()
    return {
        track_id: functools.partial(lambda numbers: (values[numbers], times_s[numbers]), numbers)
        for track_id, numbers in rows.items()
    }


def _values(table: pa.Table, owner: str) -> np.ndarray:
    """The values of all rows, `(n_rows, dim)`."""
    if "embedding" in table.column_names:
        lists = table["embedding"].combine_chunks()
        lengths = pc.unique(pc.list_value_length(lists)).to_pylist()
        if len(lengths) > 1:
            raise SoundcheckError(f"{owner}: the lists in 'embedding' differ in length: {sorted(map(str, lengths))}")
        return lists.flatten().to_numpy(zero_copy_only=False).reshape(len(lists), -1)
    # A time is no value of the vector.
    names = [name for name in table.column_names if name not in ("track_id", "time_s")]
    for name in names:
        kind = table.schema.field(name).type
        if not (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
            raise SoundcheckError(f"{owner}: the column {name!r} is {kind}; all but track_id must be numbers")
    if not names:
        raise SoundcheckError(f"{owner} has no columns of values beside track_id")
    return np.column_stack([table[name].to_numpy() for name in names])
