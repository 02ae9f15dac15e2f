"""Cutting a clip into the windows that a model sees."""

import numpy as np


def centred(samples: np.ndarray, window: int, hop: int) -> np.ndarray:
    """Windows `(n, window)` centred on the multiples of `hop` (samples), zero-padded: n = 1 + n_samples // hop.

    A clip shorter than a window therefore gives at least one.
    """
    padded = np.zeros(len(samples) + window, samples.dtype)
    padded[window // 2 : window // 2 + len(samples)] = samples
    return np.lib.stride_tricks.sliding_window_view(padded, window)[: len(samples) + 1 : hop]


# Of a window: what is left of a clip behind its last whole one, and is no window of its own.
LEFT_OVER = 0.05


def pieces(samples: np.ndarray, longest: int, limit: int = 0, is_cut: bool = True) -> list[np.ndarray]:
    """The clip as it is, or, when it is longer than `longest` samples, consecutive parts of nearly equal length.

    A clip that is longer by a twentieth at most is one part: two halves are not what a model does with the whole, and
    many clips that are called 30 s have some samples more. The parts of longer clips may be longer than `longest` as
    well, by as much in all. Where a model takes no more than `limit` samples, the end of the clip is cut off instead,
    or, unless it `is_cut`, there is one part more.
    """
    count = _whole(len(samples), longest)
    if limit and is_cut:
        samples = samples[: count * limit]
    elif limit:
        count = max(count, -(-len(samples) // limit))
    return np.array_split(samples, count)


def equal(samples: np.ndarray, window: int) -> list[np.ndarray]:
    """Windows of one length, end to end; a shorter clip is repeated to fill one.

    The last ends with the clip, unless no more than a twentieth of a window is left behind the last whole one.
    """
    if len(samples) < window:
        return [np.resize(samples, window)]
    return full(samples, window)


def full(samples: np.ndarray, window: int) -> list[np.ndarray]:
    """The same, but a shorter clip is as it is."""
    if len(samples) <= window:
        return [samples]
    starts = [number * window for number in range(_whole(len(samples), window))]
    starts[-1] = min(starts[-1], len(samples) - window)
    return [samples[start : start + window] for start in starts]


def _whole(n_samples: int, window: int) -> int:
    """How many windows a clip is."""
    return max(1, -(-(n_samples - int(LEFT_OVER * window)) // window))
