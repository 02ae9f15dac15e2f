"""Statistics over a track's frames, gathered window by window."""

import numpy as np


class Pool:
    """Statistics over time of one track's frames, without keeping the frames.

    Windows are added one by one, in order, in float64: the result depends on the track's own windows alone, not on the
    batches in which they went through the model.
    """

    def __init__(self, pooling: str) -> None:
        """`pooling` is `mean`, or `mean_std`: the mean and then the deviation (ddof 0)."""
        self.pooling = pooling
        self.count = 0
        self.mean: np.ndarray | float = 0.0
        self.squares: np.ndarray | float = 0.0

    def add(self, frames: np.ndarray) -> None:
        """Add the frames `(n_frames, dim)` of one window: blocks of frames are merged as in Chan et al. (1979)."""
        block = frames.astype(np.float64)
        block_mean = block[0] if len(block) == 1 else block.mean(axis=0)
        difference = block_mean - self.mean
        total = self.count + len(block)
        if self.pooling == "mean_std":
            within = ((block - block_mean) ** 2).sum(axis=0)
            self.squares = self.squares + within + difference**2 * (self.count * len(block) / total)
        self.mean = self.mean + difference * (len(block) / total)
        self.count = total

    def result(self) -> np.ndarray:
        """The pooled float32 vector: `(dim,)`, or `(2 * dim,)` with deviations."""
        if self.pooling == "mean":
            return np.asarray(self.mean, dtype=np.float32)
        deviation = np.sqrt(np.maximum(self.squares, 0.0) / self.count)
        return np.concatenate([self.mean, deviation]).astype(np.float32)
