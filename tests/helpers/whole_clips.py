"""A clip through an embedder, as the driver does it."""

import dataclasses

import numpy as np

from soundcheck.audio.preparation import Clip
from soundcheck.embedding import driver


def embed(embedder, clip: np.ndarray) -> np.ndarray:
    """The frames `(n_frames, dim)` of a clip `(samples,)`."""
    model = driver.Model("model", dataclasses.replace(embedder, pooling="none"))
    (track,) = driver.embed_clips([Clip("clip", clip)], model)
    return track.pool.result()
