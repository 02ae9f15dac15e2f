"""The types of tasks: what the labels of an item may be. Light, because a configuration is read with it."""

from dataclasses import dataclass

# The task whose classes are the 24 keys. That they are keys makes their spelling and their metrics special.
KEY_ESTIMATION = "key_estimation"


@dataclass(frozen=True)
class TaskType:
    """A type of task.

    `written` is its name in a configuration. An item has exactly one label, unless it `has_several_labels` (any
    number, none included) or `has_numbers` (the values of targets); where it `has_times`, labels are those of events.
    `output_activation` fits a probe of it, and `criterion` is the metric (or the loss) that chooses the best epoch of a
    training; what is trained has the labels of `trained_as`: for event detection, those of frames.
    """

    name: str
    written: str
    output_activation: str
    criterion: str
    trained_as: str
    has_several_labels: bool = False
    has_numbers: bool = False
    has_times: bool = False

    @property
    def has_one_label(self) -> bool:
        """Whether each item has exactly one label, its class."""
        return not (self.has_several_labels or self.has_numbers)


TASK_TYPES = {
    kind.name: kind
    for kind in (
        TaskType(
            "multiclass",
            written="multiclass_classification",
            output_activation="softmax",
            criterion="accuracy",
            trained_as="multiclass",
        ),
        TaskType(
            "multilabel",
            written="multilabel_classification",
            output_activation="sigmoid",
            criterion="roc_auc",
            trained_as="multilabel",
            has_several_labels=True,
        ),
        TaskType(
            "regression",
            written="regression",
            output_activation="linear",
            criterion="loss",
            trained_as="regression",
            has_numbers=True,
        ),
        TaskType(
            "event_detection",
            written="event_detection",
            output_activation="sigmoid",
            criterion="average_precision",
            trained_as="multilabel",
            has_several_labels=True,
            has_times=True,
        ),
    )
}
