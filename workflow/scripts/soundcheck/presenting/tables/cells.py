"""The cells of a table: scores and means over probes, with their bounds, their change from clean, and which is best."""

from collections.abc import Iterable
from dataclasses import replace

from soundcheck.ids import CLEAN
from soundcheck.presenting.evaluation import Evaluation, Score
from soundcheck.presenting.tables.table import Cell, Row
from soundcheck.scoring.metrics import Metric


def cell_of(score: Score | None, unit: Metric, label: str = "") -> Cell:
    """One score with its interval; empty where it was not run, without a number where the metric was undefined."""
    if score is None:
        return Cell(unit=unit)
    if score.value is None:
        return Cell(unit=unit, n=score.n, text="left out" if label else "")
    return Cell(score.value, score.low, score.high, n=score.n, unit=unit)


def mean_over_probes(
    results: Evaluation, unit: Metric, deformation: str, embedder: str, probes: Iterable[str], label: str = ""
) -> Cell:
    """The mean over the probes that have the cell; its bounds are the lowest and the highest of them."""
    scores = [results.score(unit.id, deformation, embedder, probe, label) for probe in probes]
    scores = [score for score in scores if score is not None]
    values = [score.value for score in scores if score.value is not None]
    if not values:
        return cell_of(scores[0] if scores else None, unit, label)
    bounds = (min(values), max(values)) if len(values) > 1 else (None, None)
    return Cell(sum(values) / len(values), *bounds, n=min(score.n for score in scores), unit=unit)


def mean_with_drop(results: Evaluation, unit: Metric, deformation: str, embedder: str, probes: list[str]) -> Cell:
    """The mean over probes and its change from clean, the latter over the probes that have both."""
    cell = mean_over_probes(results, unit, deformation, embedder, probes)
    if deformation == CLEAN or cell.value is None:
        return cell
    paired = [probe for probe in probes if _value(results, unit, deformation, embedder, probe) is not None]
    paired = [probe for probe in paired if _value(results, unit, CLEAN, embedder, probe) is not None]
    if not paired:
        return cell
    changes = [
        _value(results, unit, deformation, embedder, probe) - _value(results, unit, CLEAN, embedder, probe)
        for probe in paired
    ]
    return replace(cell, drop=sum(changes) / len(changes))


def _value(results: Evaluation, unit: Metric, deformation: str, embedder: str, probe: str) -> float | None:
    score = results.score(unit.id, deformation, embedder, probe)
    return None if score is None else score.value


def worst_of(conditions: dict[str, Cell], unit: Metric) -> str | None:
    """The condition with the worst value; None where there is none, or where nobody knows which direction is worse."""
    if not conditions or unit.higher_is_better is None:
        return None
    sign = 1 if unit.higher_is_better else -1
    return min(conditions, key=lambda name: sign * conditions[name].value)


def mean_change(conditions: dict[str, Cell], unit: Metric) -> Cell:
    """The average change from clean over these conditions."""
    if not conditions:
        return Cell(unit=unit)
    return Cell(sum(cell.drop for cell in conditions.values()) / len(conditions), unit=unit, signed=True)


def seed_spread(results: Evaluation, unit: Metric, embedder: str, probes: list[str]) -> Cell:
    """The standard deviation over seeds on clean audio, the largest of the probes'."""
    scores = [results.score(unit.id, CLEAN, embedder, probe) for probe in probes]
    spreads = [score.seed_std for score in scores if score is not None and score.seed_std is not None]
    return Cell(max(spreads), unit=unit) if spreads else Cell(unit=unit)


def mark_columns(rows: list[Row]) -> tuple[Row, ...]:
    """Marks of `mark_best` down each column, for cells whose bounds are intervals."""
    columns = [mark_best([row.cells[i] for row in rows], intervals=True) for i in range(len(rows[0].cells))]
    return tuple(replace(row, cells=tuple(column[i] for column in columns)) for i, row in enumerate(rows))


def mark_best(cells: list[Cell], intervals: bool = False) -> tuple[Cell, ...]:
    """Mark the best value (and all that equal it) and, where the bounds are intervals, those that overlap the best's.

    One value alone is not the best of anything. A mean over probes has a range and no interval: it ties with nothing.
    """
    known = [cell for cell in cells if cell.value is not None]
    if len(known) < 2 or known[0].unit.higher_is_better is None:
        return tuple(cells)
    best = (max if known[0].unit.higher_is_better else min)(known, key=lambda cell: cell.value)
    return tuple(
        replace(cell, best=cell.value == best.value, tied=intervals and _overlap(cell, best))
        if cell.value is not None
        else cell
        for cell in cells
    )


def _overlap(cell: Cell, best: Cell) -> bool:
    if cell.value == best.value or None in (cell.low, cell.high, best.low, best.high):
        return False
    return cell.low <= best.high and best.low <= cell.high
