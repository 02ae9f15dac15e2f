"""Metrics of multilabel tagging, as scikit-learn defines them; equal scores are handled as ties.

Conventions
-----------
Each item has any number of true labels and a score for each label. A label without positive or without negative items
has no value (NaN) and is left out of the macro mean. See `soundcheck.scoring.metrics` for the signature.
"""

import operator
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from soundcheck.scoring.metrics.means import mean_of_defined

# Items times resamples that are worked on at once: what fits the cache of a core.
_WORKING_SET = 2**20


def roc_auc(
    y_true: np.ndarray, y_score: np.ndarray, labels: Sequence[str], weights: np.ndarray | None = None
) -> tuple[float | np.ndarray, np.ndarray]:
    """Area under the receiver operating characteristic: the macro mean and the value of each label.

    The area is the probability that a positive item scores higher than a negative one, a tie counting half.
    """
    return _macro(_auc, y_true, y_score, weights)


def average_precision(
    y_true: np.ndarray, y_score: np.ndarray, labels: Sequence[str], weights: np.ndarray | None = None
) -> tuple[float | np.ndarray, np.ndarray]:
    """Mean over the positive items of the precision at their score: the macro mean and the value of each label.

    Equal to `sklearn.metrics.average_precision_score`, which does not interpolate.
    """
    return _macro(_precision, y_true, y_score, weights)


# What a positive item is worth, given how many positives and negatives score higher than it, how many score the same
# (itself included), and how many negatives there are. The value of a label is the mean worth of its positive items.
def _auc(
    positives_above: np.ndarray,
    negatives_above: np.ndarray,
    positives_tied: np.ndarray,
    negatives_tied: np.ndarray,
    n_negatives: np.ndarray,
) -> np.ndarray:
    return (n_negatives - negatives_above - negatives_tied / 2) / n_negatives


def _precision(
    positives_above: np.ndarray,
    negatives_above: np.ndarray,
    positives_tied: np.ndarray,
    negatives_tied: np.ndarray,
    n_negatives: np.ndarray,
) -> np.ndarray:
    positives = positives_above + positives_tied
    # An item that a resample left out counts nothing, whatever its precision.
    return positives / np.maximum(positives + negatives_above + negatives_tied, 1)


@dataclass(frozen=True)
class _Resampled:
    """The values (n_resamples, n_labels) of both metrics, and what they were computed from."""

    of: tuple[np.ndarray, np.ndarray, np.ndarray]
    per_label: dict[Callable, np.ndarray]


# Both metrics rank the items alike, which is most of their work: who asks for one gets the other for little. Known
# by the arrays themselves, which are held here and so stay what they are; for the seeds and folds of a job.
_known: deque[_Resampled] = deque(maxlen=64)


def _macro(
    worth: Callable, y_true: np.ndarray, y_score: np.ndarray, weights: np.ndarray | None
) -> tuple[float | np.ndarray, np.ndarray]:
    if weights is None:
        per_label = _unweighted(worth, y_true, y_score)
        return float(mean_of_defined(per_label)), per_label
    of = (y_true, y_score, weights)
    known = next((each for each in _known if all(map(operator.is_, each.of, of))), None)
    if known is None:
        known = _Resampled(of, _resampled((_auc, _precision), *of))
        _known.append(known)
    per_label = known.per_label[worth]
    return mean_of_defined(per_label), per_label


def _resampled(
    worths: Sequence[Callable], y_true: np.ndarray, y_score: np.ndarray, weights: np.ndarray
) -> dict[Callable, np.ndarray]:
    per_label = {worth: np.full((len(weights), y_true.shape[1]), np.nan) for worth in worths}
    chunk = max(1, _WORKING_SET // max(1, len(y_true)))
    # Memory limits the speed: integers as narrow as the total of a resample allows, here and in what is summed.
    dtype = np.int16 if weights.sum(axis=1).max(initial=0) <= np.iinfo(np.int16).max else np.int32
    rankings = [_ranking(*columns, dtype) for columns in zip(y_true.T, y_score.T, strict=True)]
    for start in range(0, len(weights), chunk):
        counts = np.ascontiguousarray(weights[start : start + chunk].T, dtype)
        for label, ranking in enumerate(rankings):
            for worth, values in _values(worths, ranking, counts):
                per_label[worth][start : start + chunk, label] = values
    return per_label


def _unweighted(worth: Callable, y_true: np.ndarray, y_score: np.ndarray) -> np.ndarray:
    """The values (n_labels,) of all labels at once, each item counting once."""
    n, n_labels = y_true.shape
    # The order within a run of equal scores does not matter: only the runs' sums are used.
    order = np.argsort(-y_score.T, axis=1)
    order += np.arange(n_labels)[:, None] * n
    truth, score = y_true.T.ravel()[order.ravel()], y_score.T.ravel()[order.ravel()]
    begins = np.empty(n * n_labels, bool)
    begins[1:] = score[1:] != score[:-1]
    begins[::n] = True
    starts = np.flatnonzero(begins)
    positives = np.concatenate([[0], np.cumsum(truth)])
    bounds = positives[np.append(starts, n * n_labels)]
    runs = np.flatnonzero(bounds[1:] > bounds[:-1])
    ends = np.append(starts[1:], n * n_labels)[runs]
    # Runs lie in all labels one after the other: what came before its label comes off a run's totals.
    label = starts[runs] // n
    n_positives = np.diff(positives[::n])
    above = bounds[runs] - positives[::n][label]
    tied = bounds[runs + 1] - bounds[runs]
    negatives_above = starts[runs] % n - above
    with np.errstate(divide="ignore", invalid="ignore"):
        worths = worth(above, negatives_above, tied, ends - starts[runs] - tied, (n - n_positives)[label])
        totals = np.bincount(label, tied * worths, n_labels)
        return np.where((n_positives > 0) & (n_positives < n), totals / n_positives, np.nan)


@dataclass(frozen=True)
class _Ranking:
    """The items of one label from the highest score down.

    `positives` are the places of the positive items among all, `first` and `after` the ranks at which the run of scores
    equal to theirs begins and has ended; `above` and `through` count the positive items before these. `between` sums
    over the items between neighbouring `bounds`, which are ranks: all that is needed of the other items.
    """

    positives: np.ndarray
    first: np.ndarray
    after: np.ndarray
    above: np.ndarray
    through: np.ndarray
    bounds: np.ndarray
    between: object


def _ranking(truth: np.ndarray, score: np.ndarray, dtype: type) -> _Ranking | None:
    """None without positive or without negative items; `dtype` is that of the counts that will be summed."""
    # It takes a tenth of a second to import, which most jobs need not spend.
    from scipy import sparse

    order = np.argsort(-score, kind="stable")
    truth, score = truth[order], score[order]
    places = np.flatnonzero(truth)
    n = len(truth)
    if len(places) in (0, n):
        return None
    first, after = (ranks[places] for ranks in _ties(score))
    before = np.concatenate([[0], np.cumsum(truth)])
    # Summing between the ranks that matter is much cheaper than a running sum over all, and a sparse product, which
    # takes the rows from where they are, much cheaper than np.add.reduceat.
    bounds = np.unique(np.concatenate([[0, n], first, after]))
    between = sparse.csr_matrix((np.ones(n, dtype), order, bounds), shape=(len(bounds) - 1, n))
    return _Ranking(order[places], first, after, before[first], before[after], bounds, between)


def _values(
    worths: Sequence[Callable], ranking: _Ranking | None, counts: np.ndarray
) -> Iterator[tuple[Callable, np.ndarray]]:
    """The value of one label in each resample (n_resamples,), for each worth, with `counts` (n, n_resamples)."""
    if ranking is None:
        return
    own = counts[ranking.positives]
    before, positives_before = _running(ranking.between @ counts), _running(own)
    above, through = (before[np.searchsorted(ranking.bounds, ranks)] for ranks in (ranking.first, ranking.after))
    positives_above, positives_through = positives_before[ranking.above], positives_before[ranking.through]
    n_positives = positives_before[-1]
    n_negatives = before[-1] - n_positives
    positives_tied = positives_through - positives_above
    ranked = (positives_above, above - positives_above, positives_tied, through - above - positives_tied, n_negatives)
    for worth in worths:
        with np.errstate(divide="ignore", invalid="ignore"):
            value = (own * worth(*ranked)).sum(axis=0) / n_positives
        yield worth, np.where((n_positives > 0) & (n_negatives > 0), value, np.nan)


def _running(counts: np.ndarray) -> np.ndarray:
    """Sums (n + 1, n_resamples) of the rows before each row, and of all."""
    return np.concatenate([np.zeros((1, counts.shape[1]), np.int32), np.cumsum(counts, axis=0, dtype=np.int32)])


def _ties(score: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each of the sorted scores (n,), where the run of scores equal to it begins, and where it has ended."""
    begins = np.concatenate([[True], score[1:] != score[:-1]])
    starts = np.flatnonzero(begins)
    run = np.cumsum(begins) - 1
    return starts[run], np.append(starts[1:], len(score))[run]
