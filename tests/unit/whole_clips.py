"""A clip through an embedder, as the driver does it."""

import dataclasses

import numpy as np

from soundcheck import driver
from soundcheck.preparation import Clip


def embed(embedder, clip: np.ndarray) -> np.ndarray:
    """The frames `(n_frames, dim)` of a clip `(samples,)`."""
    model = driver.Model("model", dataclasses.replace(embedder, pooling="none"))
    (track,) = driver.embed_clips([Clip("clip", clip)], model)
    return track.pool.result()
