"""Metrics: pure functions of the truth and the scores of a test set, in the manner of mir_eval; what is known of each.

Every metric has the signature `metric(y_true, y_score, labels, weights=None) -> (value, per_label)`:

- `y_true` (n, n_labels) bool, `y_score` (n, n_labels) float, `labels` the n_labels names; of a regression, labels are
  targets, and `y_true` is float; of event detection, both are (n,) arrays of lists of events (`metrics.events`);
- `weights` (n_resamples, n): how often each item counts, in each resample of a bootstrap; None counts each item once;
- `value` is a float, or (n_resamples,) with weights; `per_label` is (n_labels,), or (n_resamples, n_labels), or None
  for a metric that has no values per label. NaN says that there is nothing to compute the value from.

All that a configuration, a training, a table, a figure or the manual knows of a metric is its entry in `METRICS`. This
module is light (standard library alone), because it is imported while Snakemake builds its graph of jobs.
"""

import importlib
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass

from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.tasks import KEY_ESTIMATION, TaskType


@dataclass(frozen=True)
class Chance:
    """What a guess is worth, and what kind of guess; `value` is None for the share of the largest class."""

    guess: str
    value: float | None = None


@dataclass(frozen=True)
class Metric:
    """What is known of a metric.

    `function` is its dotted name; `task` the type of task, or the one task, that it fits; `description` a sentence for
    the manual. `percent` says that readers see 100 times the value. `higher_is_better` is None where nobody has said
    it. `per_label` is the title of the values of each label, None where there are none or where they are not shown. In
    tables it is `hidden_beside` metrics from which it is plain. A `criterion` can choose the best epoch of a training.
    A metric that `is_matrix` counts pairs (true, predicted) in the place of a value, and is drawn.
    """

    id: str
    function: str
    task: str
    title: str
    description: str
    percent: bool = True
    higher_is_better: bool | None = True
    chance: Chance | None = None
    per_label: str | None = None
    hidden_beside: tuple[str, ...] = ()
    criterion: bool = False
    is_matrix: bool = False
    synonyms: tuple[str, ...] = ()


# What calls a user's own metric; imported by name, for it needs NumPy, which nobody else needs who asks here.
_RESAMPLING = "soundcheck.scoring.metrics.resampling"

_LARGEST = Chance("always the largest class")

# In the order in which a table shows them.
METRICS = {
    metric.id: metric
    for metric in (
        Metric(
            "key_score",
            function="soundcheck.scoring.metrics.key.key_score",
            task=KEY_ESTIMATION,
            title="Key score (MIREX weighted)",
            description="mir_eval's weighted score, mean over tracks",
            synonyms=("weighted_score", "key_weighted_score", "mir_eval", "mirex"),
        ),
        Metric(
            "key_score_macro",
            function="soundcheck.scoring.metrics.key.key_score_macro",
            task=KEY_ESTIMATION,
            title="Key score (macro over keys)",
            per_label="Key score",
            description="mean over the true keys of their tracks' mean weighted score, and the value of each key",
            synonyms=("weighted_score_macro", "key_weighted_score_macro"),
        ),
        Metric(
            "accuracy",
            function="soundcheck.scoring.metrics.classification.accuracy",
            task="multiclass",
            title="Accuracy",
            chance=_LARGEST,
            criterion=True,
            description="share of correct answers",
            synonyms=("categorical_accuracy", "acc"),
        ),
        Metric(
            "f1_micro",
            function="soundcheck.scoring.metrics.classification.f1_micro",
            task="multiclass",
            title="F1 (micro)",
            chance=_LARGEST,
            # With one label a track they are the same number.
            hidden_beside=("accuracy",),
            description="F1 of the counts of all classes, as scikit-learn defines it; equal to the accuracy",
            synonyms=("micro_f1", "f1-micro"),
        ),
        Metric(
            "f1_macro",
            function="soundcheck.scoring.metrics.classification.f1_macro",
            task="multiclass",
            title="F1 (macro)",
            per_label="F1",
            # For keys the weighted score is the field's own.
            hidden_beside=("key_score",),
            criterion=True,
            description="mean over classes of their F1, as scikit-learn defines it, and the F1 of each class",
            synonyms=("macro_f1", "f1-macro", "f1"),
        ),
        Metric(
            "confusion",
            function="soundcheck.scoring.metrics.classification.confusion",
            task="multiclass",
            title="Confusion matrix",
            percent=False,
            higher_is_better=None,
            is_matrix=True,
            description="counts of (true, predicted), drawn as a figure",
            synonyms=("confusion_matrix",),
        ),
        Metric(
            "roc_auc",
            function="soundcheck.scoring.metrics.tagging.roc_auc",
            task="multilabel",
            title="ROC-AUC",
            per_label="ROC-AUC",
            chance=Chance("chance", 0.5),
            criterion=True,
            description="area under the ROC curve, mean over tags, and the value of each tag",
            synonyms=("auc", "roc-auc", "auroc"),
        ),
        Metric(
            "average_precision",
            function="soundcheck.scoring.metrics.tagging.average_precision",
            task="multilabel",
            title="Average precision",
            per_label="Average precision",
            criterion=True,
            description="precision at each positive track, mean over tags, and the value of each tag",
            synonyms=("pr_auc", "pr-auc", "ap", "auprc", "map"),
        ),
        Metric(
            "r2",
            function="soundcheck.scoring.metrics.regression.r2",
            task="regression",
            title="R²",
            percent=False,
            chance=Chance("always the mean", 0.0),
            criterion=True,
            description=(
                "coefficient of determination: 1 is perfect, 0 is as good as always predicting the mean; mean over "
                "targets, and the value of each target"
            ),
            synonyms=("r_squared", "r2_score", "coefficient_of_determination"),
        ),
        Metric(
            "mae",
            function="soundcheck.scoring.metrics.regression.mae",
            task="regression",
            title="MAE",
            percent=False,
            higher_is_better=False,
            criterion=True,
            description=(
                "mean absolute error in the units of the target; mean over targets, and the value of each target"
            ),
            synonyms=("mean_absolute_error",),
        ),
        Metric(
            "event_onset_200ms",
            function="soundcheck.scoring.metrics.events.event_onset_200ms",
            task="event_detection",
            title="Event F1 (onset, 200 ms)",
            per_label="Event F1 (onset, 200 ms)",
            description=(
                "F-measure: events of the same label are matched, as many as possible, if their onsets are at most "
                "200 ms apart; also the value of each label"
            ),
            synonyms=("event_onset_200ms_fms",),
        ),
        Metric(
            "event_onset_50ms",
            function="soundcheck.scoring.metrics.events.event_onset_50ms",
            task="event_detection",
            title="Event F1 (onset, 50 ms)",
            per_label="Event F1 (onset, 50 ms)",
            description="the same, if their onsets are at most 50 ms apart",
            synonyms=("event_onset_50ms_fms",),
        ),
        Metric(
            "event_onset_offset_50ms",
            function="soundcheck.scoring.metrics.events.event_onset_offset_50ms",
            task="event_detection",
            title="Event F1 (onset and offset, 50 ms)",
            per_label="Event F1 (onset and offset, 50 ms)",
            description=(
                "the same, if their offsets are also at most 50 ms, or 20 % of the length of the true event, apart"
            ),
            synonyms=("event_onset_offset_50ms_20perc_fms",),
        ),
        Metric(
            "segment_error_rate",
            function="soundcheck.scoring.metrics.events.segment_error_rate",
            task="event_detection",
            title="Segment error rate",
            percent=False,
            higher_is_better=False,
            description=(
                "in segments of 1 s: substitutions, deletions and insertions, divided by the number of labels that are "
                "really there; it may be above 1"
            ),
            synonyms=("segment_1s_er",),
        ),
    )
}


def metric(name: str) -> Callable:
    """The metric of this name: a built-in one, or any function by its dotted name.

    A user's function `(y_true, y_score, labels)` returns a float, or values per label whose mean is then the value. It
    is called once per resample, with the items repeated.

    Raises:
        SoundcheckError: the name is neither built in nor that of a function that can be imported.
    """
    if name in METRICS:
        return _imported(METRICS[name].function)
    if "." not in name:
        raise SoundcheckError(f"metric {name!r} is not known: one of {', '.join(METRICS)}, or package.module.function")
    return _imported(f"{_RESAMPLING}.resampling")(_users_own(name))


def described(name: str) -> Metric:
    """What is known of a metric. A user's function may say it by attributes: `title`, `percent`, `higher_is_better`.

    Without them it is shown under its own name, in its own unit, and nobody knows its direction.
    """
    if name in METRICS:
        return METRICS[name]
    try:
        function = _users_own(name) if "." in name else None
    except SoundcheckError:
        # Tables can be made anew where the function is no longer there.
        function = None
    return Metric(
        name,
        function=name,
        task="",
        title=getattr(function, "title", name),
        description="",
        percent=getattr(function, "percent", False),
        higher_is_better=getattr(function, "higher_is_better", None),
    )


def module_of(name: str) -> str:
    """The module of a metric, named below `soundcheck` as digests name it; of a user's own, what calls it."""
    dotted = METRICS[name].function.rpartition(".")[0] if name in METRICS else _RESAMPLING
    return dotted.removeprefix("soundcheck.")


def criteria(kind: TaskType) -> list[str]:
    """What may choose the best epoch of a training for a type of task: the default first, then the loss, then metrics.

    They are the metrics of what is trained: for event detection, of frames with any number of labels.
    """
    fitting = [name for name, metric in METRICS.items() if metric.criterion and metric.task == kind.trained_as]
    return list(dict.fromkeys([kind.criterion, "loss", *fitting]))


def sign(name: str) -> int:
    """1 where higher values of a built-in metric are better, -1 where lower ones are."""
    return -1 if METRICS[name].higher_is_better is False else 1


def _users_own(dotted: str) -> Callable:
    # A user's own metrics lie in the working directory, or are installed.
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    return _imported(dotted)


def _imported(dotted: str) -> Callable:
    module, _, function = dotted.rpartition(".")
    try:
        return getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise SoundcheckError(f"metric {dotted!r} cannot be imported: {error}") from error
