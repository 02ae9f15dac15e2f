"""Statistics over a track's frames, gathered window by window."""

import numpy as np


class Pool:
    """Mean and deviation over time of one track's frames, without keeping the frames.

    Each window is added as a block, in order (Chan et al., 1979), in float64: the result depends on the track's own
    windows alone, not on the batches in which they went through the model.
    """

    def __init__(self) -> None:
        self.count = 0
        self.mean: np.ndarray | float = 0.0
        self.squares: np.ndarray | float = 0.0

    def add(self, frames: np.ndarray) -> None:
        """Add the frames `(n_frames, ..., dim)` of one window."""
        block = np.asarray(frames, dtype=np.float64)
        block_mean = block.mean(axis=0)
        difference = block_mean - self.mean
        total = self.count + len(block)
        self.squares = (
            self.squares + ((block - block_mean) ** 2).sum(axis=0) + difference**2 * (self.count * len(block) / total)
        )
        self.mean = self.mean + difference * (len(block) / total)
        self.count = total

    def result(self, pooling: str) -> np.ndarray:
        """The pooled float32 vector: `mean` is `(..., dim)`, `mean_std` `(..., 2 * dim)`, deviations (ddof 0) last."""
        if pooling == "mean":
            return np.asarray(self.mean, dtype=np.float32)
        deviation = np.sqrt(np.maximum(self.squares, 0.0) / self.count)
        return np.concatenate([self.mean, deviation], axis=-1).astype(np.float32)
