"""Means that leave out what is not defined."""

import numpy as np


def mean_of_defined(values: np.ndarray, axis: int = -1) -> np.ndarray:
    """The mean over an axis of the values that are not NaN; NaN where there are none."""
    defined = ~np.isnan(values)
    counts = defined.sum(axis=axis)
    totals = np.where(defined, values, 0).sum(axis=axis)
    return np.where(counts > 0, totals / np.maximum(counts, 1), np.nan)
