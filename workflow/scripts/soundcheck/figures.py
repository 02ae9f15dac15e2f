"""Figures of one evaluation (dataset, task, split), as SVG whose bytes depend on the numbers alone."""

import os
import tempfile
from itertools import pairwise
from math import ceil
from pathlib import Path

# A job's home may not be writable; without a folder of its own, matplotlib warns and rebuilds its cache.
os.environ.setdefault("MPLCONFIGDIR", str(Path(tempfile.gettempdir()) / f"soundcheck-matplotlib-{os.getuid()}"))

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.transforms import blended_transform_factory

from soundcheck.display import CLEAN, Metric, label_metric, metric, plural, short_conditions, words
from soundcheck.errors import SoundcheckError
from soundcheck.files import atomic
from soundcheck.results import Evaluation
from soundcheck.tables import Order

# Paul Tol's "muted" scheme, safe for colour-blind readers; its pale yellow is left out, black added. Markers double it.
COLOURS = ("#332288", "#CC6677", "#117733", "#88CCEE", "#882255", "#44AA99", "#999933", "#AA4499", "#222222", "#BB9944")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "h")
INK, SOFT, RULE, ACCENT = "#1d2126", "#5f6871", "#d9dde1", "#0b6e69"
HEAT = LinearSegmentedColormap.from_list("soundcheck", ["#ffffff", "#bfe0dc", "#4fa8a0", "#0b6e69", "#07413e"])
STYLE = {
    "svg.hashsalt": "soundcheck",
    "svg.fonttype": "none",
    "text.parse_math": False,  # a class may have a dollar in its name
    "font.family": ["DejaVu Sans", "sans-serif"],
    "font.size": 9,
    "text.color": INK,
    "axes.edgecolor": RULE,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
}


def save(figure: Figure, path: str | Path) -> None:
    """Write `figure` as SVG, without the date and the random ids that would make two runs differ."""
    with atomic(path) as temporary, plt.rc_context(STYLE):
        figure.savefig(
            temporary,
            format="svg",
            metadata={"Date": None, "Creator": "Soundcheck"},
            facecolor="white",
            bbox_inches="tight",
            pad_inches=0.12,
        )
    plt.close(figure)


# ------------------------------------------------------------------------------------------------------- robustness


def robustness(
    results: Evaluation, name: str, order: Order, title: str = "", synthetic: bool = False, probe: str | None = None
) -> Figure:
    """The metric `name` under each condition: a line an embedder with its 95 % intervals, a panel a probe.

    With `probe`, that one alone. Raises `ValueError` when there is no value to draw.
    """
    unit = metric(name)
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
            axis.set_ylabel(unit.title)
        _titles(figure, results, title, synthetic, f"{unit.name} under each condition, with 95 % intervals")
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
    """The value of a guess, and what kind of guess, where that is known."""
    if unit.id == "roc_auc":
        return 50.0, "chance"
    if unit.id == "r2":
        return 0.0, "always the mean"
    if unit.id not in ("accuracy", "f1_micro"):
        return None
    if results.class_sizes:
        share = max(results.class_sizes.values()) / sum(results.class_sizes.values())
        return 100 * share, "always the largest class"
    classes = results.labels("f1_macro")
    return (100 / len(classes), f"chance, 1 of {len(classes)} classes") if classes else None


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
        colour, marker = COLOURS[i % len(COLOURS)], MARKERS[(i + i // len(COLOURS)) % len(MARKERS)]
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
    axis.tick_params(length=0)
    axis.grid(axis="y", color=RULE, linewidth=0.6)
    axis.set_axisbelow(True)
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


def _titles(figure: Figure, results: Evaluation, title: str, synthetic: bool, what: str) -> None:
    mark = " (synthetic audio)" if synthetic else ""
    figure.suptitle(
        f"{title or results.dataset}{mark}: {words(results.task).lower()}\n{what}; split {results.split}",
        x=0.01, ha="left", fontsize=11,
    )  # fmt: skip


def _condition_key(figure: Figure, order: Order) -> None:
    lines, line = [], ""
    for short, meaning in order.legend:
        part = f"{short} = {meaning}"
        if line and len(line) + len(part) > 11 * figure.get_size_inches()[0]:
            lines.append(line)
            line = ""
        line = f"{line},  {part}" if line else part
    figure.supxlabel("\n".join([*lines, line]), x=0.01, ha="left", fontsize=8, color=SOFT)


# -------------------------------------------------------------------------------------------------------- confusion


def confusion(
    results: Evaluation, name: str, order: Order, title: str = "", synthetic: bool = False, probe: str | None = None
) -> Figure:
    """Row-normalised confusion matrices, an embedder at a time: clean beside the condition that costs most.

    That condition is the same for all embedders: the one with the lowest mean of the metric `name` for `probe` (the
    first one where none is given). Raises `ValueError` when the results hold no confusion matrix of this probe.
    """
    probe = probe or order.probes[0]
    classes = sorted(
        set(results.class_sizes) | {predicted for pairs in results.confusion.values() for _, predicted in pairs}
    )
    worst = _worst_condition(results, metric(name), order, probe)
    conditions = [CLEAN, worst] if worst else [CLEAN]
    embedders = [each for each in order.embedders if any((c, each, probe) in results.confusion for c in conditions)]
    if not embedders:
        raise SoundcheckError(
            f"No confusion matrix of probe {probe!r}. Add `confusion` to the metrics of {results.task}."
        )
    with plt.rc_context(STYLE):
        side = max(2.1, 0.135 * len(classes) + 0.5)
        margin = 0.075 * max(map(len, classes)) + 0.35
        pairs = 1 if len(embedders) <= 3 else 2
        rows = ceil(len(embedders) / pairs)
        per_pair = len(conditions)
        figure, axes = plt.subplots(
            rows, pairs * per_pair, squeeze=False, layout="compressed",
            figsize=(pairs * (per_pair * side + margin + 0.2), rows * (side + 0.45) + margin + 1.0),
        )  # fmt: skip
        for axis in axes.flat:
            axis.set_axis_off()
        image = None
        for i, embedder in enumerate(embedders):
            row, pair = divmod(i, pairs)
            last = row == rows - 1 or (row == rows - 2 and (i + pairs) >= len(embedders))
            for j, condition in enumerate(conditions):
                axis = axes[row, pair * per_pair + j]
                counts = results.confusion.get((condition, embedder, probe))
                short = short_conditions(order.deformations)[condition]
                image = _matrix(axis, counts, classes, rows_named=j == 0, columns_named=last) or image
                axis.set_title(embedder if j == 0 else f"under {short}", fontweight="bold" if j == 0 else "normal")
        bar = figure.colorbar(image, ax=axes, shrink=min(1, 2.2 / (rows * side)), aspect=24, pad=0.01)
        bar.set_label("share of the true class, %", fontsize=8)
        bar.outline.set_visible(False)
        bar.ax.tick_params(length=0, labelsize=8)
        under = f" and {short_conditions(order.deformations)[worst]} {worst}" if worst else ""
        what = f"Rows: true class, columns: predicted class; probe {probe}, clean{under}"
        _titles(figure, results, title, synthetic, what)
    return figure


def _worst_condition(results: Evaluation, unit: Metric, order: Order, probe: str) -> str | None:
    sign = -1 if unit.higher_is_better is False else 1
    means = {}
    for deformation in order.deformations:
        scores = [results.score(unit.id, deformation, embedder, probe) for embedder in order.embedders]
        values = [score.value for score in scores if score is not None and score.value is not None]
        if values and deformation != CLEAN:
            means[deformation] = sign * sum(values) / len(values)
    return min(means, key=means.get, default=None)


def _matrix(axis: Axes, counts: dict | None, classes: list[str], rows_named: bool, columns_named: bool):
    axis.set_axis_on()
    size = len(classes)
    axis.set_xticks(range(size), classes if columns_named else [], rotation=90, fontsize=_class_size(size))
    axis.set_yticks(range(size), classes if rows_named else [], fontsize=_class_size(size))
    axis.tick_params(length=0, pad=2)
    axis.spines[:].set_visible(True)
    if counts is None:
        axis.text(0.5, 0.5, "not run", transform=axis.transAxes, ha="center", va="center", color=SOFT)
        axis.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5), aspect="equal")
        return None
    shares = _row_shares(counts, classes)
    image = axis.imshow(shares, cmap=HEAT, vmin=0, vmax=100, interpolation="nearest")
    if size <= 12:
        for (row, column), share in np.ndenumerate(shares):
            if share >= 0.5:
                axis.text(
                    column, row, f"{share:.0f}", ha="center", va="center", fontsize=7 if size <= 8 else 5.5,
                    color="white" if share > 55 else INK,
                )  # fmt: skip
    return image


def _row_shares(counts: dict[tuple[str, str], float], classes: list[str]) -> np.ndarray:
    """Percentages of each true class, (n_classes, n_classes); a class without test items is a row of zeros."""
    index = {name: i for i, name in enumerate(classes)}
    matrix = np.zeros((len(classes), len(classes)))
    for (true, predicted), count in counts.items():
        matrix[index[true], index[predicted]] = count
    totals = matrix.sum(axis=1, keepdims=True)
    return 100 * np.divide(matrix, totals, out=np.zeros_like(matrix), where=totals > 0)


def _class_size(n_classes: int) -> float:
    return 8 if n_classes <= 8 else 7 if n_classes <= 16 else 6


# -------------------------------------------------------------------------------------------------------- per label


def per_label(
    results: Evaluation, name: str, order: Order, title: str = "", synthetic: bool = False, probe: str | None = None
) -> Figure:
    """The metric `name` of each label, clean condition: a row a label, a marker an embedder, hardest label last.

    Raises `ValueError` when the results hold no such values of `probe` (the first one where none is given).
    """
    probe = probe or order.probes[0]
    unit = label_metric(name)
    scale = 100 if unit.percent else 1
    values = {
        label: {
            embedder: scale * score.value
            for embedder in order.embedders
            if (score := results.score(name, CLEAN, embedder, probe, label)) is not None and score.value is not None
        }
        for label in results.labels(name)
    }
    known = {label: found for label, found in values.items() if found}
    if not known:
        raise SoundcheckError(f"No value of {name!r} per label for probe {probe!r} in the results of {results.task}.")
    # Labels are sorted by the median over embedders: the sorting then favours none of them.
    labels = sorted(known, key=lambda label: (-float(np.median(list(known[label].values()))), label))
    with plt.rc_context(STYLE):
        legend_rows = ceil(len(order.embedders) / 4)
        figure, axis = plt.subplots(figsize=(8.2, 0.2 * len(labels) + 0.22 * legend_rows + 1.5), layout="constrained")
        for i, embedder in enumerate(order.embedders):
            points = [(known[label][embedder], y) for y, label in enumerate(labels) if embedder in known[label]]
            if points:
                x, y = zip(*points, strict=True)
                axis.plot(
                    x, y, linestyle="", marker=MARKERS[(i + i // len(COLOURS)) % len(MARKERS)], markersize=5,
                    color=COLOURS[i % len(COLOURS)], markeredgecolor="white", markeredgewidth=0.6, label=embedder,
                    clip_on=False, zorder=3,
                )  # fmt: skip
        axis.set_yticks(range(len(labels)), labels, color=INK, fontsize=8)
        axis.set_ylim(len(labels) - 0.5, -0.5)
        axis.tick_params(length=0)
        axis.grid(axis="y", color=RULE, linewidth=0.6)
        axis.set_axisbelow(True)
        axis.spines["left"].set_visible(False)
        if name == "roc_auc":
            axis.axvline(50, color=SOFT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        missing = [label for label in values if label not in known]
        note = f"; {plural(len(missing), 'label')} left out" if missing else ""
        axis.set_xlabel(unit.title)
        figure.legend(loc="outside lower left", ncols=4, frameon=False, fontsize=8, handletextpad=0.2)
        _titles(figure, results, title, synthetic, f"{unit.name} of each label, probe {probe}, clean condition{note}")
    return figure
