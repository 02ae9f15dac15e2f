"""How metrics and conditions are shown to a reader: order, names, units, number of decimals."""

import re
from dataclasses import dataclass, field, replace

from soundcheck.ids import CLEAN
from soundcheck.scoring.metrics import Metric

MINUS = "\N{MINUS SIGN}"
DASH = "\N{EN DASH}"


def number_text(metric: Metric, value: float) -> str:
    """A value with the usual precision of its metric: one decimal of a percentage, else three decimals."""
    return (f"{100 * value:.1f}" if metric.percent else f"{value:.3f}").replace("-", MINUS)


def change_text(metric: Metric, value: float) -> str:
    """A difference of two values of a metric, always with its sign."""
    text = number_text(metric, value)
    unsigned = text.removeprefix(MINUS)
    if not float(unsigned):
        return unsigned
    return text if text.startswith(MINUS) else f"+{text}"


def heading(metric: Metric) -> str:
    """The title of a metric with its unit."""
    return f"{metric.title}, %" if metric.percent else metric.title


def label_metric(metric: Metric) -> Metric:
    """The metric as which its values of each label are shown: those of macro F1 are each a class's F1."""
    return replace(metric, title=metric.per_label or metric.title)


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
