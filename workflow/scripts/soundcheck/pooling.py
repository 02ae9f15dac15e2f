"""Statistics over a track's frames, gathered window by window."""

import numpy as np

POOLINGS = ("mean", "mean_std", "max", "none")


class Pool:
    """Statistics over time of one track's frames, without keeping the frames; or the frames themselves.

    Windows are added one by one, in order, in float64: the result depends on the track's own windows alone, not on the
    batches in which they went through the model.
    """

    def __init__(self, pooling: str) -> None:
        """`pooling` is `mean`, `mean_std` (the mean and then the deviation, ddof 0), `max`, or `none`."""
        self.pooling = pooling
        self.count = 0
        self.mean: np.ndarray | float = 0.0
        self.squares: np.ndarray | float = 0.0
        self.maximum: np.ndarray | float = -np.inf
        self.frames: list[np.ndarray] = []

    def add(self, frames: np.ndarray) -> None:
        """Add the frames `(n_frames, dim)` of one window."""
        if self.pooling == "none":
            # A copy: the frames are a part of their batch, which would stay in memory with them.
            self.frames.append(frames.astype(np.float32))
        elif self.pooling == "max":
            self.maximum = np.maximum(self.maximum, frames.max(axis=0))
        else:
            self._merge(frames)
        self.count += len(frames)

    def _merge(self, frames: np.ndarray) -> None:
        # Moments of blocks of frames are merged as in Chan et al. (1979).
        block = frames.astype(np.float64)
        block_mean = block[0] if len(block) == 1 else block.mean(axis=0)
        difference = block_mean - self.mean
        total = self.count + len(block)
        if self.pooling == "mean_std":
            within = ((block - block_mean) ** 2).sum(axis=0)
            self.squares = self.squares + within + difference**2 * (self.count * len(block) / total)
        self.mean = self.mean + difference * (len(block) / total)

    def result(self) -> np.ndarray:
        """The float32 rows: `(1, dim)`, `(1, 2 * dim)` with deviations, or the frames `(n_frames, dim)`."""
        if self.pooling == "none":
            return np.concatenate(self.frames)
        if self.pooling == "max":
            return np.asarray(self.maximum, dtype=np.float32)[None]
        if self.pooling == "mean":
            return np.asarray(self.mean, dtype=np.float32)[None]
        deviation = np.sqrt(np.maximum(self.squares, 0.0) / self.count)
        return np.concatenate([self.mean, deviation]).astype(np.float32)[None]
