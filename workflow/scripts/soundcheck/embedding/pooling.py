"""Statistics over a track's frames, gathered window by window."""

import numpy as np


class Pool:
    """Statistics over time of one track's frames, without keeping the frames; or the frames themselves.

    Windows are added one by one, in order, in float64: the result depends on the track's own windows alone, not on the
    batches in which they went through the model.
    """

    def __init__(self, pooling: str) -> None:
        """`pooling` is `mean`, `mean_std` (the mean and then the deviation, ddof 0), `max`, or `none`."""
        self.pooling = pooling
        self.count = 0
        self.total: np.ndarray | np.float64 = np.float64(0)
        self.squares: np.ndarray | np.float64 = np.float64(0)
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
            total = frames[0] if len(frames) == 1 else frames.sum(axis=0, dtype=np.float64)
            if self.pooling == "mean_std":
                self._add_squares(frames, total / len(frames))
            self.total = self.total + total
        self.count += len(frames)

    def _add_squares(self, frames: np.ndarray, mean: np.ndarray) -> None:
        # Moments of blocks of frames are merged as in Chan et al. (1979).
        self.squares = self.squares + ((frames - mean) ** 2).sum(axis=0)
        if self.count:
            difference = mean - self.total / self.count
            self.squares += difference**2 * (self.count * len(frames) / (self.count + len(frames)))

    def result(self) -> np.ndarray:
        """The float32 rows: `(1, dim)`, `(1, 2 * dim)` with deviations, or the frames `(n_frames, dim)`."""
        if self.pooling == "none":
            return np.concatenate(self.frames)
        if self.pooling == "max":
            return np.asarray(self.maximum, dtype=np.float32)[None]
        statistics = [self.total / self.count]
        if self.pooling == "mean_std":
            statistics.append(np.sqrt(self.squares / self.count))
        return np.concatenate(statistics).astype(np.float32)[None]
