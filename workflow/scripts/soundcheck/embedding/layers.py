"""Layers: cut from embeddings that hold all of a model's layers side by side."""

from pathlib import Path

import numpy as np

from soundcheck import parquet
from soundcheck.embedding.store import EmbeddingsWriter, row_groups
from soundcheck.plumbing.errors import SoundcheckError


def cut_layers(all_layers_path: str | Path, layers: list[int], path: str | Path) -> None:
    """Write the mean of some layers of each row; with deviations, the mean of theirs follows it.

    Raises:
        SoundcheckError: the embeddings have no such layer.
    """
    metadata = parquet.metadata(all_layers_path)
    n_layers = metadata["n_layers"]
    if max(layers) >= n_layers:
        raise SoundcheckError(f"{all_layers_path} has layers 0 to {n_layers - 1}; there is no layer {max(layers)}")
    # Of pooled rows with deviations there are two parts, each with all layers.
    n_parts = 2 if metadata["pooling"] == "mean_std" else 1
    dimension = metadata["dimension"] // n_layers
    with EmbeddingsWriter(path, dimension, metadata | {"layers": layers}) as writer:
        for track_ids, rows, times_s in row_groups(all_layers_path):
            chosen = rows.reshape(len(rows), n_parts, n_layers, -1)[:, :, layers]
            # In float64, so that the mean of one layer is that layer, and the order of several does not matter.
            cut = chosen.mean(axis=2, dtype=np.float64).astype(np.float32).reshape(len(rows), dimension)
            writer.add_rows(track_ids, cut, times_s)
