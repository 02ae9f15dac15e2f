"""Metrics of regression, as scikit-learn defines them.

Conventions
-----------
`y_true` and `y_score` (n, n_targets) are numbers in the targets' own units. With several targets the value is the mean
over them, and there is one for each. See `soundcheck.scoring.metrics` for the signature.
"""

from collections.abc import Sequence

import numpy as np

from soundcheck.scoring.metrics.means import mean_of_defined


def r2(
    y_true: np.ndarray, y_score: np.ndarray, labels: Sequence[str], weights: np.ndarray | None = None
) -> tuple[float | np.ndarray, np.ndarray | None]:
    """Coefficient of determination: 1 minus the squared error's share of the target's variance in the items.

    1 is perfect, 0 is as good as always the items' mean, below is worse. NaN for a target that does not vary.
    """
    truth = np.asarray(y_true, np.float64)
    # Centred, so that the variance is no small difference of large sums.
    truth, score = truth - truth.mean(axis=0), np.asarray(y_score, np.float64) - truth.mean(axis=0)
    n = _sums(np.ones((len(truth), 1)), weights)
    with np.errstate(divide="ignore", invalid="ignore"):
        total = _sums(truth**2, weights) - _sums(truth, weights) ** 2 / n
        varies = total > 1e-12 * _sums(truth**2, weights)
        per_target = np.where(varies, 1 - _sums((truth - score) ** 2, weights) / total, np.nan)
    return _mean_and_each(per_target, weights)


def mae(
    y_true: np.ndarray, y_score: np.ndarray, labels: Sequence[str], weights: np.ndarray | None = None
) -> tuple[float | np.ndarray, np.ndarray | None]:
    """Mean absolute error, in the targets' own units; with several targets, the mean of theirs."""
    errors = np.abs(np.asarray(y_true, np.float64) - y_score)
    n = _sums(np.ones((len(errors), 1)), weights)
    with np.errstate(divide="ignore", invalid="ignore"):
        per_target = np.where(n > 0, _sums(errors, weights) / n, np.nan)
    return _mean_and_each(per_target, weights)


def _mean_and_each(per_target: np.ndarray, weights: np.ndarray | None) -> tuple[float | np.ndarray, np.ndarray | None]:
    value = mean_of_defined(per_target)
    several = per_target if per_target.shape[1] > 1 else None
    if weights is None:
        return float(value[0]), None if several is None else several[0]
    return value, several


def _sums(values: np.ndarray, weights: np.ndarray | None) -> np.ndarray:
    """Weighted sums over the items of `values` (n, k): (n_resamples, k), or (1, k) without weights."""
    weights = np.ones((1, len(values))) if weights is None else weights.astype(np.float64)
    # Not a matrix product: BLAS adds in an order that depends on the number of threads.
    return np.stack([np.einsum("rn,n->r", weights, column) for column in values.T], axis=1)
