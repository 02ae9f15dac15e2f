"""The store of embeddings: one Parquet file for each (dataset, deformation, embedder)."""

import itertools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from soundcheck import parquet
from soundcheck.plumbing.files import atomic

# Of the table beside it: what is known of each track's audio in this condition.
AUDIO_COLUMNS = (
    "track_id",
    "duration_s",
    "sample_rate",
    "peak",
    "clipped_share",
    "level_db",
    "spectrum_db",
    "gain_db",
    "snr_db",
    "n_windows",
    "note",
    "left_out",
)


class EmbeddingsWriter:
    """Writes rows as they come, in row groups, so that memory does not grow with the dataset.

    Use it as `with EmbeddingsWriter(path, dimension, metadata) as writer`; the file appears when the block ends well.
    """

    ROW_GROUP = 1024

    def __init__(self, path: str | Path, dimension: int, metadata: dict) -> None:
        text = json.dumps(metadata | {"dimension": dimension}, sort_keys=True)
        self.schema = pa.schema(
            [
                pa.field("track_id", pa.string(), nullable=False),
                pa.field("time_s", pa.float64()),
                pa.field("embedding", pa.list_(pa.float32(), dimension), nullable=False),
            ],
            metadata={b"soundcheck": text.encode()},
        )
        self.dimension = dimension
        self._atomic = atomic(path)
        self._rows: list[tuple[list[str], np.ndarray, Sequence[float | None]]] = []
        self._n_rows = 0

    def __enter__(self) -> "EmbeddingsWriter":
        dictionaries = parquet.repeating(self.schema)
        self._writer = pq.ParquetWriter(self._atomic.__enter__(), self.schema, use_dictionary=dictionaries)
        return self

    def __exit__(self, *exception: object) -> None:
        if exception[0] is None:
            self._flush()
        self._writer.close()
        self._atomic.__exit__(*exception)

    def add(self, track_id: str, embeddings: np.ndarray, times_s: Sequence[float] | None = None) -> None:
        """Add the rows `(n, dimension)` of a track, one that is pooled, or its frames with their times (s).

        Raises:
            ValueError: the rows have another dimension, or are not all finite.
        """
        self.add_rows(
            [track_id] * len(embeddings), embeddings, [None] * len(embeddings) if times_s is None else times_s
        )

    def add_rows(self, track_ids: list[str], embeddings: np.ndarray, times_s: Sequence[float | None]) -> None:
        """Add rows `(n, dimension)`, each with its track and its time (s).

        Raises:
            ValueError: they have another dimension, or are not all finite.
        """
        if embeddings.shape[1:] != (self.dimension,) or not np.isfinite(embeddings).all():
            raise ValueError(f"embeddings of {track_ids[0]} have shape {embeddings.shape}, or are not all finite")
        self._rows.append((track_ids, embeddings, times_s))
        self._n_rows += len(embeddings)
        if self._n_rows >= self.ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        if not self._rows:
            return
        track_ids, embeddings, times_s = zip(*self._rows, strict=True)
        values = np.concatenate(embeddings).astype(np.float32, copy=False)
        self._writer.write_table(
            pa.table(
                [
                    pa.array(itertools.chain.from_iterable(track_ids), pa.string()),
                    pa.array(itertools.chain.from_iterable(times_s), pa.float64(), from_pandas=True),
                    pa.FixedSizeListArray.from_arrays(pa.array(values.reshape(-1)), self.dimension),
                ],
                schema=self.schema,
            )
        )
        self._rows.clear()
        self._n_rows = 0


def read(path: str | Path) -> tuple[list[str], np.ndarray]:
    """The track id of each row, and the rows `(n_rows, dim)` float32: one a track, unless they are not pooled."""
    table = parquet.read(path, columns=["track_id", "embedding"])
    return table["track_id"].to_pylist(), _rows(table)


def row_groups(path: str | Path) -> Iterator[tuple[list[str], np.ndarray, list[float | None]]]:
    """Rows as they were written, a group at a time: their track ids, the rows `(n, dim)` float32, their times (s)."""
    source = pq.ParquetFile(path)
    for group in range(source.num_row_groups):
        table = source.read_row_group(group)
        yield table["track_id"].to_pylist(), _rows(table), table["time_s"].to_pylist()


def _rows(table: pa.Table) -> np.ndarray:
    column = table["embedding"].combine_chunks()
    return column.flatten().to_numpy(zero_copy_only=False).reshape(len(column), column.type.list_size)
