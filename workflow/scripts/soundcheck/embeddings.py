"""The store of embeddings: one Parquet file for each (dataset, deformation, embedder)."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from soundcheck import parquet
from soundcheck.files import atomic


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
        self._rows: list[tuple[str, np.ndarray]] = []

    def __enter__(self) -> "EmbeddingsWriter":
        self._writer = pq.ParquetWriter(self._atomic.__enter__(), self.schema)
        return self

    def __exit__(self, *exception: object) -> None:
        if exception[0] is None:
            self._flush()
        self._writer.close()
        self._atomic.__exit__(*exception)

    def add(self, track_id: str, embedding: np.ndarray) -> None:
        """Add the pooled embedding `(dimension,)` of a track; it must be finite."""
        if embedding.shape != (self.dimension,) or not np.isfinite(embedding).all():
            raise ValueError(f"embedding of {track_id} has shape {embedding.shape} or values that are not finite")
        self._rows.append((track_id, embedding))
        if len(self._rows) == self.ROW_GROUP:
            self._flush()

    def _flush(self) -> None:
        if not self._rows:
            return
        ids, vectors = zip(*self._rows, strict=True)
        values = pa.array(np.concatenate(vectors).astype(np.float32, copy=False))
        self._writer.write_table(
            pa.table(
                [
                    pa.array(ids, pa.string()),
                    pa.nulls(len(ids), pa.float64()),
                    pa.FixedSizeListArray.from_arrays(values, self.dimension),
                ],
                schema=self.schema,
            )
        )
        self._rows.clear()


def read(path: str | Path) -> tuple[list[str], np.ndarray]:
    """The track ids and the embeddings `(n_tracks, dim)` float32 of a file of pooled embeddings."""
    table = parquet.read(path, columns=["track_id", "embedding"])
    column = table["embedding"].combine_chunks()
    return table["track_id"].to_pylist(), column.flatten().to_numpy().reshape(len(column), column.type.list_size)
