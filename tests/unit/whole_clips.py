"""A clip through an embedder, as the driver does it."""

import numpy as np


def embed(embedder, clip):
    """One row for each window, in batches that are filled up with zeros."""
    windows = list(embedder.cut(clip))
    vectors = []
    for start in range(0, len(windows), embedder.batch_size):
        some = windows[start : start + embedder.batch_size]
        batch = np.zeros((embedder.batch_size, *some[0].shape), dtype=np.float32)
        batch[: len(some)] = some
        vectors.append(embedder.forward(batch)[: len(some), 0])
    return np.concatenate(vectors)
