"""Metrics of multiclass classification, as scikit-learn defines them.

Conventions
-----------
Each item has one true class, given as a row of `y_true` (n, n_labels) with one True, and one predicted class, the
highest of its scores (the first of equal ones). See `soundcheck.scoring.metrics` for the signature.
"""

from collections.abc import Sequence

import numpy as np

from soundcheck.scoring.metrics.means import mean_of_defined


def accuracy(
    y_true: np.ndarray, y_score: np.ndarray, labels: Sequence[str], weights: np.ndarray | None = None
) -> tuple[float | np.ndarray, None]:
    """Share of the items whose predicted class is the true one."""
    correct = y_true.argmax(axis=1) == y_score.argmax(axis=1)
    return weighted_mean(correct[:, None], weights)[..., 0][()], None


def f1_micro(
    y_true: np.ndarray, y_score: np.ndarray, labels: Sequence[str], weights: np.ndarray | None = None
) -> tuple[float | np.ndarray, None]:
    """F1 of the counts summed over the classes; with one class per item it equals the accuracy."""
    return accuracy(y_true, y_score, labels, weights)


def f1_macro(
    y_true: np.ndarray, y_score: np.ndarray, labels: Sequence[str], weights: np.ndarray | None = None
) -> tuple[float | np.ndarray, np.ndarray]:
    """Mean over the classes of their F1, 2 TP / (2 TP + FP + FN).

    The mean is over the classes that are present in the truth or in the prediction, as in `sklearn.metrics.f1_score`;
    the F1 of a class in neither is NaN.
    """
    truth = y_true
    predicted = np.arange(y_true.shape[1]) == y_score.argmax(axis=1)[:, None]
    hits = counted(truth & predicted, weights)
    named = counted(truth, weights) + counted(predicted, weights)
    with np.errstate(invalid="ignore"):
        per_class = np.where(named > 0, 2 * hits / named, np.nan)
    return mean_of_defined(per_class)[()], per_class


def confusion(y_true: np.ndarray, y_score: np.ndarray, labels: Sequence[str]) -> np.ndarray:
    """Counts (n_labels, n_labels) of the items by true class (rows) and predicted class (columns)."""
    pairs = y_true.argmax(axis=1) * len(labels) + y_score.argmax(axis=1)
    return np.bincount(pairs, minlength=len(labels) ** 2).reshape(len(labels), len(labels))


def counted(values: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Weighted sums over the items of integer-valued `values` (n, k): (k,), or (n_resamples, k) with weights.

    The sums are exact in any order, hence the same with any number of threads: counts stay far below the 2^24 up to
    which float32 holds every integer.
    """
    if weights is None:
        return values.sum(axis=0, dtype=np.float64)
    return (weights.astype(np.float32) @ values.astype(np.float32)).astype(np.float64)


def weighted_mean(values: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Weighted means over the items of integer-valued `values` (n, k): (k,), or (n_resamples, k) with weights."""
    if weights is None:
        return counted(values, None) / len(values)
    return counted(values, weights) / weights.sum(axis=1, dtype=np.float64)[:, None]
