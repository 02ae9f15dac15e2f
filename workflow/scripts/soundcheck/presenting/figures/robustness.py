"""The robustness figure: a metric under each condition, a line an embedder, a panel a probe."""

from itertools import pairwise
from math import ceil

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.transforms import blended_transform_factory

from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.presenting.evaluation import Evaluation
from soundcheck.presenting.figures.style import INK, RULE, SOFT, STYLE, look_of, rule_rows, set_titles
from soundcheck.presenting.wording import Order, heading, short_conditions
from soundcheck.scoring.metrics import Metric, described


def draw(
    results: Evaluation, name: str, order: Order, title: str = "", synthetic: bool = False, probe: str | None = None
) -> Figure:
    """The metric `name` under each condition: a line an embedder with its 95 % intervals, a panel a probe.

    With `probe`, that one alone.

    Raises:
        SoundcheckError: when there is no value to draw.
    """
    unit = described(name)
    probes = [probe] if probe else order.probes
    series = {each: _series(results, unit, order, each) for each in probes}
    if not any(series.values()):
        raise SoundcheckError(f"No value of {name!r} to draw for {results.dataset}/{results.task}/{results.split}.")
    with plt.rc_context(STYLE):
        columns = min(2, len(probes))
        rows = ceil(len(probes) / columns)
        height = max(2.9, 0.19 * len(order.embedders) + 1.2)
        figure, axes = plt.subplots(
            rows,
            columns,
            figsize=(6.6 * columns, height * rows + 1.25),
            sharey=True,
            squeeze=False,
            layout="constrained",
        )
        chance = _chance(results, unit)
        limits = _limits(series, unit, chance)
        for axis in axes.flat[len(probes) :]:
            axis.set_axis_off()
        for axis, each in zip(axes.flat, probes, strict=False):
            axis.set_ylim(limits)
            _draw_panel(axis, series[each], unit, order, chance)
            axis.set_title(f"Probe {each}")
            axis.yaxis.set_tick_params(labelleft=True)
        for axis in axes[:, 0]:
            axis.set_ylabel(heading(unit))
        set_titles(figure, results, title, synthetic, f"{unit.title} under each condition, with 95 % intervals")
        _condition_key(figure, order)
    return figure


def _series(results: Evaluation, unit: Metric, order: Order, probe: str) -> dict[str, list[tuple]]:
    """embedder -> [(position of the condition, value, low, high)], in the unit that is drawn."""
    scale = 100 if unit.percent else 1
    series = {}
    for embedder in order.embedders:
        points = []
        for position, deformation in enumerate(order.deformations):
            score = results.score(unit.id, deformation, embedder, probe)
            if score is None or score.value is None:
                continue
            low = score.value if score.low is None else score.low
            high = score.value if score.high is None else score.high
            points.append((position, scale * score.value, scale * low, scale * high))
        if points:
            series[embedder] = points
    return series


def _chance(results: Evaluation, unit: Metric) -> tuple[float, str] | None:
    """The value of a guess, in the unit that is drawn, and what kind of guess, where that is known."""
    if unit.chance is None:
        return None
    scale = 100 if unit.percent else 1
    if unit.chance.value is not None:
        return scale * unit.chance.value, unit.chance.guess
    if results.class_sizes:
        share = max(results.class_sizes.values()) / sum(results.class_sizes.values())
        return scale * share, unit.chance.guess
    # Without a confusion matrix the classes' sizes are not known, but how many there are.
    classes = {key[4] for key in results.scores if key[4]}
    return (scale / len(classes), f"chance, 1 of {len(classes)} classes") if classes else None


def _limits(series: dict[str, dict], unit: Metric, chance: tuple[float, str] | None) -> tuple[float, float]:
    points = [point for lines in series.values() for line in lines.values() for point in line]
    low, high = min(point[2] for point in points), max(point[3] for point in points)
    if chance:
        low, high = min(low, chance[0]), max(high, chance[0])
    if not unit.percent:
        pad = 0.06 * (high - low or 1)
        return low - pad, high + pad
    return max(-1.5, 10 * np.floor((low - 2) / 10)), min(101.5, 10 * np.ceil((high + 2) / 10))


def _draw_panel(axis: Axes, series: dict[str, list], unit: Metric, order: Order, chance: tuple | None) -> None:
    n = len(order.embedders)
    step = min(0.075, 0.62 / max(n, 1))
    ends = {}
    for i, embedder in enumerate(order.embedders):
        if embedder not in series:
            continue
        position, value, low, high = np.array(series[embedder], dtype=float).T
        x = position + step * (i - (n - 1) / 2)
        colour, marker = look_of(i)
        axis.plot(x, value, color=colour, linewidth=0.9, alpha=0.45, zorder=2)
        axis.vlines(x, low, high, color=colour, linewidth=1.1, alpha=0.8, zorder=3)
        axis.plot(
            x, value, linestyle="", marker=marker, markersize=4.6, color=colour, markeredgecolor="white",
            markeredgewidth=0.6, zorder=4,
        )  # fmt: skip
        ends[embedder] = (x[-1], value[-1], colour, marker)
    short = short_conditions(order.deformations)
    axis.set_xlim(-0.5, len(order.deformations) - 0.5)
    axis.set_xticks(range(len(order.deformations)), [short[name] for name in order.deformations], color=INK)
    rule_rows(axis)
    for position in range(1, len(order.deformations)):
        axis.axvline(position - 0.5, color=RULE, linewidth=0.5)
    if chance:
        axis.axhline(chance[0], color=SOFT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        ends[f"{chance[1]} {chance[0]:.1f}"] = (None, chance[0], SOFT, "_")
    _label_ends(axis, ends)


def _label_ends(axis: Axes, ends: dict[str, tuple]) -> None:
    """Each name (an embedder's, or the chance line's) beside its last point, pushed apart so that no two touch."""
    low, high = axis.get_ylim()
    gap = 0.135 / _height_inches(axis) * (high - low) if ends else 0
    names = sorted(ends, key=lambda name: (ends[name][1], name))
    places = _apart([ends[name][1] for name in names], gap, low, high)
    beside = blended_transform_factory(axis.transAxes, axis.transData)
    for name, y in zip(names, places, strict=True):
        _, value, colour, marker = ends[name]
        axis.plot([1.0, 1.035], [value, y], transform=beside, color=colour, linewidth=0.6, alpha=0.6, clip_on=False)
        axis.plot([1.05], [y], transform=beside, marker=marker, markersize=4.4, color=colour, clip_on=False)
        axis.text(1.068, y, name, transform=beside, color=SOFT if colour == SOFT else INK, fontsize=8, va="center")


def _height_inches(axis: Axes) -> float:
    rows = axis.get_subplotspec().get_gridspec().nrows
    return (axis.figure.get_size_inches()[1] - 1.25) / rows - 0.75


def _apart(values: list[float], gap: float, low: float, high: float) -> list[float]:
    """Sorted `values`, moved as little as a few sweeps manage until neighbours are `gap` apart, inside the limits."""
    places = list(values)
    for _ in range(200):
        for i, (first, second) in enumerate(pairwise(places)):
            lack = gap - (second - first)
            if lack > 1e-9:
                places[i] -= lack / 2
                places[i + 1] += lack / 2
        if places and places[-1] > high:
            places[-1] = high
        if places and places[0] < low:
            places[0] = low
    return places


def _condition_key(figure: Figure, order: Order) -> None:
    lines, line = [], ""
    for short, meaning in order.legend:
        part = f"{short} = {meaning}"
        if line and len(line) + len(part) > 11 * figure.get_size_inches()[0]:
            lines.append(line)
            line = ""
        line = f"{line},  {part}" if line else part
    figure.supxlabel("\n".join([*lines, line]), x=0.01, ha="left", fontsize=8, color=SOFT)
