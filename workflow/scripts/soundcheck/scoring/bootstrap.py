"""Bootstrap over the items of a test set."""

import numpy as np


def resample_counts(n: int, n_resamples: int, seed: int) -> np.ndarray:
    """How often each of n items is drawn in each resample, (n_resamples, n) int32; each row sums to n.

    Each resample draws n items with replacement. The same arguments give the same resamples, so two systems that are
    tested on the same items can be compared resample by resample.
    """
    drawn = np.random.default_rng(seed).integers(n, size=(n_resamples, n))
    drawn += np.arange(n_resamples)[:, None] * n
    return np.bincount(drawn.ravel(), minlength=n_resamples * n).reshape(n_resamples, n).astype(np.int32)


def percentile_interval(values: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """The central interval (low, high) that holds this share of bootstrap values (n_resamples, ...).

    The percentile method of B. Efron and R. Tibshirani, "An introduction to the bootstrap" (1993), ch. 13, with linear
    interpolation as in `numpy.percentile`. NaN, a resample in which a label has no value, is passed over; where all
    are NaN the interval is NaN.
    """
    ordered = np.sort(values, axis=0)  # NaN last
    last = (~np.isnan(ordered)).sum(axis=0) - 1
    low, high = (_at(ordered, share * np.maximum(last, 0)) for share in ((1 - level) / 2, (1 + level) / 2))
    return low, high


def _at(ordered: np.ndarray, place: np.ndarray) -> np.ndarray:
    below = np.floor(place).astype(int)
    above = np.ceil(place).astype(int)
    lower, upper = (np.take_along_axis(ordered, at[None], axis=0)[0] for at in (below, above))
    return lower + (upper - lower) * (place - below)
