"""Cutting a clip into the windows that a model sees."""

import numpy as np


def centred(samples: np.ndarray, window: int, hop: int) -> np.ndarray:
    """Windows `(n, window)` centred on the multiples of `hop` (samples), zero-padded: n = 1 + n_samples // hop.

    A clip shorter than a window therefore gives at least one.
    """
    padded = np.zeros(len(samples) + window, samples.dtype)
    padded[window // 2 : window // 2 + len(samples)] = samples
    return np.lib.stride_tricks.sliding_window_view(padded, window)[: len(samples) + 1 : hop]


def pieces(samples: np.ndarray, longest: int) -> list[np.ndarray]:
    """The clip as it is, or, when it is longer than `longest` samples, consecutive parts of nearly equal length."""
    count = -(-len(samples) // longest)
    return np.array_split(samples, max(1, count))


def equal(samples: np.ndarray, window: int) -> list[np.ndarray]:
    """Windows of one length, end to end; the last ends with the clip, and a shorter clip is repeated to fill one."""
    if len(samples) < window:
        return [np.resize(samples, window)]
    starts = [*range(0, len(samples) - window, window), len(samples) - window]
    return [samples[start : start + window] for start in starts]
