"""Metrics: pure functions of the truth and the scores of a test set, in the manner of mir_eval.

Every metric has the signature `metric(y_true, y_score, labels, weights=None) -> (value, per_label)`:

- `y_true` (n, n_labels) bool, `y_score` (n, n_labels) float, `labels` the n_labels names; of a regression, labels are
  targets, and `y_true` is float; of event detection, both are (n,) arrays of lists of events (`metrics.events`);
- `weights` (n_resamples, n): how often each item counts, in each resample of a bootstrap; None counts each item once;
- `value` is a float, or (n_resamples,) with weights; `per_label` is (n_labels,), or (n_resamples, n_labels), or None
  for a metric that has no values per label. NaN says that there is nothing to compute the value from.
"""

import importlib
from collections.abc import Callable

from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.scoring.metrics.resampling import resampling

BUILT_IN = {
    "accuracy": "soundcheck.scoring.metrics.classification.accuracy",
    "f1_micro": "soundcheck.scoring.metrics.classification.f1_micro",
    "f1_macro": "soundcheck.scoring.metrics.classification.f1_macro",
    "roc_auc": "soundcheck.scoring.metrics.tagging.roc_auc",
    "average_precision": "soundcheck.scoring.metrics.tagging.average_precision",
    "key_score": "soundcheck.scoring.metrics.key.key_score",
    "key_score_macro": "soundcheck.scoring.metrics.key.key_score_macro",
    "r2": "soundcheck.scoring.metrics.regression.r2",
    "mae": "soundcheck.scoring.metrics.regression.mae",
    "event_onset_200ms": "soundcheck.scoring.metrics.events.event_onset_200ms",
    "event_onset_50ms": "soundcheck.scoring.metrics.events.event_onset_50ms",
    "event_onset_offset_50ms": "soundcheck.scoring.metrics.events.event_onset_offset_50ms",
    "segment_error_rate": "soundcheck.scoring.metrics.events.segment_error_rate",
}

# Of the built-in ones.
LOWER_IS_BETTER = {"mae", "segment_error_rate"}


def metric(name: str) -> Callable:
    """The metric of this name: a built-in one, or any function by its dotted name.

    A user's function `(y_true, y_score, labels)` returns a float, or values per label whose mean is then the value. It
    is called once per resample, with the items repeated.

    Raises
    ------
    ValueError
        For a name that is neither built in nor a function that can be imported.
    """
    if name in BUILT_IN:
        return _imported(BUILT_IN[name])
    if "." not in name:
        raise SoundcheckError(f"metric {name!r} is not known: one of {', '.join(BUILT_IN)}, or package.module.function")
    return resampling(_imported(name))


def _imported(dotted: str) -> Callable:
    module, _, function = dotted.rpartition(".")
    try:
        return getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise SoundcheckError(f"metric {dotted!r} cannot be imported: {error}") from error
