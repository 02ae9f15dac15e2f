"""Embeddings and splits, joined. NumPy and pyarrow only, so that jobs start fast."""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa

from soundcheck import parquet
from soundcheck.embedding import store
from soundcheck.plumbing.errors import SoundcheckError


def read_embeddings(path: str | Path) -> tuple[dict[str, slice], np.ndarray]:
    """Which rows belong to each track, and the rows (n_rows, dim) float32: one a track, or its frames.

    Raises
    ------
    ValueError
        For an embedding that is not finite, or a track whose rows do not follow each other.
    """
    track_ids, embeddings = store.read(path)
    finite = np.isfinite(embeddings).all(axis=1)
    if not finite.all():
        bad = track_ids[int(np.flatnonzero(~finite)[0])]
        raise SoundcheckError(f"{path}: {int((~finite).sum())} embeddings are not finite, first that of track {bad!r}")
    return _rows_of_tracks(track_ids, path), embeddings


def _rows_of_tracks(track_ids: list[str], path: str | Path) -> dict[str, slice]:
    rows: dict[str, slice] = {}
    start = 0
    for track_id, group in itertools.groupby(track_ids):
        stop = start + sum(1 for _ in group)
        if track_id in rows:
            raise SoundcheckError(f"{path}: the rows of track {track_id!r} do not follow each other")
        rows[track_id] = slice(start, stop)
        start = stop
    return rows


def take(track_ids: Sequence[str], rows: dict[str, slice], embeddings: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The rows (n_rows, dim) of these tracks, one after the other, and how many each has (n_tracks,)."""
    spans = [rows[track_id] for track_id in track_ids]
    counts = np.array([span.stop - span.start for span in spans], dtype=np.int64)
    places = [row for span in spans for row in range(span.start, span.stop)]
    return embeddings[places], counts


def mean_of_tracks(values: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """The mean (n_seeds, n_tracks, k) over each track's rows of values (n_seeds, n_rows, k)."""
    if (counts == 1).all():
        return values
    starts = np.cumsum(counts) - counts
    sums = np.add.reduceat(values.astype(np.float64), starts, axis=1)
    return (sums / counts[:, None]).astype(np.float32)


def read_split(path: str | Path) -> tuple[dict[int, dict[str, dict[str, list[str]]]], dict]:
    """The labels of each track, as `{fold: {part: {track_id: labels}}}` in the file's order, and the metadata."""
    table = parquet.read(path, columns=["track_id", "fold", "part", "label"])
    folds: dict[int, dict[str, dict[str, list[str]]]] = {}
    for track_id, fold, part, label in zip(*(column.to_pylist() for column in table.columns), strict=True):
        folds.setdefault(fold, {}).setdefault(part, {})[track_id] = label or []
    return dict(sorted(folds.items())), parquet.metadata(path)


def join(part: dict[str, list[str]], rows: dict[str, slice]) -> tuple[list[str], list[str]]:
    """The tracks of a part of a split that have an embedding, and those that have none."""
    present = [track_id for track_id in part if track_id in rows]
    return present, [track_id for track_id in part if track_id not in rows]


def tested(
    embeddings_path: str | Path, split_path: str | Path, model_path: str | Path, rows: dict[str, slice], models: Mapping
) -> tuple[list[tuple[int, dict[str, list[str]], list[str]]], dict[str, list[str]]]:
    """Of each fold its number, the labels of its test items, those with an embedding; and those without one, by fold.

    Raises
    ------
    ValueError
        Where a fold has no test item with an embedding, or no model.
    """
    found, not_evaluated = [], {}
    for fold, parts in read_split(split_path)[0].items():
        test = parts.get("test", {})
        present, missing = join(test, rows)
        if not present:
            raise SoundcheckError(
                f"fold {fold} of {split_path} has {len(test)} test items, none with an embedding in {embeddings_path}"
            )
        if fold not in models:
            raise SoundcheckError(f"{model_path} has no model of fold {fold}; it has those of {sorted(models)}")
        if missing:
            not_evaluated[str(fold)] = missing
        found.append((fold, test, present))
    return found, not_evaluated


def list_column(values: np.ndarray) -> pa.FixedSizeListArray:
    """The rows of an array (n, k) float32 as a column of fixed-size lists."""
    flat = pa.array(np.ascontiguousarray(values, np.float32).reshape(-1), pa.float32())
    return pa.FixedSizeListArray.from_arrays(flat, values.shape[1])
