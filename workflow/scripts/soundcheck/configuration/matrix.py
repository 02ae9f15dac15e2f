"""From a configuration to the cells that are evaluated: a pure function."""

from dataclasses import dataclass
from typing import NamedTuple

from soundcheck.configuration.axes import Dataset, Embedder, Experiment, Probe, Scenario, Split, Task
from soundcheck.configuration.read import Config
from soundcheck.plumbing.errors import SoundcheckError


class Cell(NamedTuple):
    """One evaluation, by the names of its axes, in the order in which they stand in paths."""

    dataset: str
    task: str
    split: str
    deformation: str
    embedder: str
    probe: str


@dataclass(frozen=True)
class PrunedCell:
    """A cell that is not evaluated, and why."""

    cell: Cell
    reason: str


@dataclass(frozen=True)
class Matrix:
    """All cells, each with its metrics, in the order of the configuration; and what the names stand for."""

    cells: dict[Cell, list[str]]
    pruned: list[PrunedCell]
    tasks: dict[str, Task]
    datasets: dict[str, Dataset]
    splits: dict[str, Split]
    scenarios: dict[str, Scenario]
    embedders: dict[str, Embedder]
    probes: dict[str, Probe]


def build(config: Config) -> Matrix:
    """The cells of all experiments. A cell that two experiments share is there once, with the metrics of both.

    Raises SoundcheckError where `exclude` leaves nothing to evaluate.
    """
    matrix = Matrix({}, [], {}, {}, {}, {}, {}, {})
    for experiment in config.experiments:
        _add_names(matrix, experiment)
        for cell in _product(experiment):
            reason = _exclusion(cell, experiment)
            if reason:
                matrix.pruned.append(PrunedCell(cell, reason))
            else:
                metrics = matrix.cells.setdefault(cell, [])
                metrics += [metric for metric in experiment.metrics if metric not in metrics]
    # What one experiment leaves out another may ask for.
    matrix.pruned[:] = [pruned for pruned in dict.fromkeys(matrix.pruned) if pruned.cell not in matrix.cells]
    if not matrix.cells:
        reasons = ", ".join(repr(reason) for reason in dict.fromkeys(pruned.reason for pruned in matrix.pruned))
        raise SoundcheckError(f"`exclude` leaves nothing to evaluate; the reasons that it gives: {reasons}")
    return matrix


def _add_names(matrix: Matrix, experiment: Experiment) -> None:
    matrix.tasks[experiment.task.name] = experiment.task
    for dataset, split, scenarios in experiment.datasets:
        matrix.datasets[dataset.name] = dataset
        matrix.splits[split.name] = split
        matrix.scenarios.update({scenario.name: scenario for scenario in scenarios})
    matrix.embedders.update({embedder.name: embedder for embedder in experiment.embedders})
    matrix.probes.update({probe.name: probe for probe in experiment.probes})


def _product(experiment: Experiment) -> list[Cell]:
    return [
        Cell(dataset.name, experiment.task.name, split.name, scenario.name, embedder.name, probe.name)
        for dataset, split, scenarios in experiment.datasets
        for scenario in scenarios
        for embedder in experiment.embedders
        for probe in experiment.probes
    ]


def _exclusion(cell: Cell, experiment: Experiment) -> str | None:
    for rule in experiment.exclude:
        wanted = {key: value for key, value in rule.items() if key != "reason"}
        if all(getattr(cell, axis) == name for axis, name in wanted.items()):
            return rule["reason"]
    return None
