"""How metrics and conditions are shown to a reader: order, names, units, number of decimals."""

import re
from dataclasses import dataclass, field

from soundcheck.ids import CLEAN

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"


@dataclass(frozen=True)
class Metric:
    """A metric's name for readers; `higher_is_better` is None where only the metric's author can know."""

    id: str
    name: str
    percent: bool = True
    higher_is_better: bool | None = True

    def text(self, value: float) -> str:
        """The value with its usual precision: one decimal of a percentage, else three decimals."""
        return (f"{100 * value:.1f}" if self.percent else f"{value:.3f}").replace("-", MINUS)

    def change(self, value: float) -> str:
        """A difference of two values, always with its sign."""
        text = self.text(value)
        unsigned = text.removeprefix(MINUS)
        if not float(unsigned):
            return unsigned
        return text if text.startswith(MINUS) else f"+{text}"

    @property
    def title(self) -> str:
        """The name with its unit."""
        return f"{self.name}, %" if self.percent else self.name


METRICS = {
    "accuracy": "Accuracy",
    "f1_micro": "F1 (micro)",
    "f1_macro": "F1 (macro)",
    "roc_auc": "ROC-AUC",
    "average_precision": "Average precision",
    "key_score": "Key score (MIREX weighted)",
    "key_score_macro": "Key score (macro over keys)",
}
# Of event detection: shares, and one that is none.
OF_EVENTS = {
    "event_onset_200ms": Metric("event_onset_200ms", "Event F1 (onset, 200 ms)"),
    "event_onset_50ms": Metric("event_onset_50ms", "Event F1 (onset, 50 ms)"),
    "event_onset_offset_50ms": Metric("event_onset_offset_50ms", "Event F1 (onset and offset, 50 ms)"),
    "segment_error_rate": Metric("segment_error_rate", "Segment error rate", percent=False, higher_is_better=False),
}
# Of numbers: in units of their own, and named after targets, not classes.
OF_NUMBERS = {
    "r2": Metric("r2", "R²", percent=False),
    "mae": Metric("mae", "MAE", percent=False, higher_is_better=False),
}
PER_LABEL = {
    "f1_macro": "F1",
    "roc_auc": "ROC-AUC",
    "average_precision": "Average precision",
    "key_score_macro": "Key score",
}


def metric(name: str) -> Metric:
    """The known metric `name`, or a metric of the user's own under its own name, in its own unit."""
    if name in OF_NUMBERS:
        return OF_NUMBERS[name]
    if name in OF_EVENTS:
        return OF_EVENTS[name]
    if name in METRICS:
        return Metric(name, METRICS[name])
    return Metric(name, name, percent=False, higher_is_better=None)


def label_metric(name: str) -> Metric:
    """The metric under which the per-label rows of `name` are shown: those of macro F1 are each a class's F1."""
    found = metric(name)
    return Metric(name, PER_LABEL.get(name, found.name), found.percent, found.higher_is_better)


def short_conditions(deformations: list[str]) -> dict[str, str]:
    """Short names in the given order: `C` for the clean condition, `D1`, `D2`, ... for the others.

    Where one is already called like that, as the scenarios of the thesis are, all keep their own names.
    """
    deformed = [name for name in deformations if name != CLEAN]
    if any(re.fullmatch(r"D\d+", name) for name in deformed):
        return {name: "C" if name == CLEAN else name for name in deformations}
    return {name: "C" if name == CLEAN else f"D{deformed.index(name) + 1}" for name in deformations}


@dataclass(frozen=True)
class Order:
    """What to show, in which order: deformations (clean first), embedders, probes.

    `descriptions` says what each deformation does; `seen` are the embedders that were trained on the dataset.
    """

    deformations: list[str]
    embedders: list[str]
    probes: list[str]
    descriptions: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    @property
    def legend(self) -> tuple[tuple[str, str], ...]:
        """The short name of each condition, and what it stands for."""
        return tuple(
            (short, _explained(name, short, self.descriptions.get(name, name)))
            for name, short in short_conditions(self.deformations).items()
        )


def _explained(name: str, short: str, description: str) -> str:
    return description if name in (short, description) else f"{name}: {description}"


def sentence_list(names: list[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def words(identifier: str) -> str:
    """An id as words: `instrument_classification` -> `Instrument classification`."""
    text = identifier.replace("_", " ")
    return text[:1].upper() + text[1:]
