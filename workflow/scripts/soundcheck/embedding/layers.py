"""Layers: cut from embeddings that hold all of a model's layers side by side."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from soundcheck.embedding.store import EmbeddingsWriter
from soundcheck.plumbing.errors import SoundcheckError


def cut_layers(all_layers_path: str | Path, layers: list[int], path: str | Path) -> None:
    """Write the mean of some layers of each row; with deviations, the mean of theirs follows it.

    Raises:
        SoundcheckError: the embeddings have no such layer.
    """
    source = pq.ParquetFile(all_layers_path)
    metadata = json.loads(source.schema_arrow.metadata[b"soundcheck"])
    n_layers = metadata["n_layers"]
    if max(layers) >= n_layers:
        raise SoundcheckError(f"{all_layers_path} has layers 0 to {n_layers - 1}; there is no layer {max(layers)}")
    # Of pooled rows with deviations there are two parts, each with all layers.
    n_parts = 2 if metadata["pooling"] == "mean_std" else 1
    dimension = metadata["dimension"] // n_layers
    with EmbeddingsWriter(path, dimension, metadata | {"layers": layers}) as writer:
        for group in range(source.num_row_groups):
            table = source.read_row_group(group)
            rows = table["embedding"].combine_chunks().flatten().to_numpy()
            rows = rows.reshape(len(table), n_parts, n_layers, -1)[:, :, layers]
            # In float64, so that the mean of one layer is that layer, and the order of several does not matter.
            cut = rows.mean(axis=2, dtype=np.float64).astype(np.float32).reshape(len(table), dimension)
            writer.add_rows(table["track_id"].to_pylist(), cut, table["time_s"].to_pylist())
