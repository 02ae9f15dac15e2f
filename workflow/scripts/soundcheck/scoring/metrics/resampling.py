"""A user's function as a metric: called once for each resample."""

from collections.abc import Callable, Sequence

import numpy as np

from soundcheck.scoring.metrics.means import mean_of_defined


def resampling(function: Callable) -> Callable:
    """Give a function `(y_true, y_score, labels) -> float or per-label array` the signature of the built-in metrics."""

    def resampled(
        y_true: np.ndarray, y_score: np.ndarray, labels: Sequence[str], weights: np.ndarray | None = None
    ) -> tuple[float | np.ndarray, np.ndarray | None]:
        if weights is None:
            return _value_and_labels(function(y_true, y_score, labels))
        items = np.arange(len(y_true))
        results = []
        for counts in weights:
            rows = np.repeat(items, counts)
            results.append(_value_and_labels(function(y_true[rows], y_score[rows], labels)))
        values, per_label = zip(*results, strict=True)
        return np.array(values), None if per_label[0] is None else np.stack(per_label)

    return resampled


def _value_and_labels(result: float | np.ndarray) -> tuple[float, np.ndarray | None]:
    values = np.asarray(result, float)
    return (float(values), None) if values.ndim == 0 else (float(mean_of_defined(values)), values)
