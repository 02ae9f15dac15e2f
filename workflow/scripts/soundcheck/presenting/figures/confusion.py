"""The confusion figure: for each embedder the matrix on clean audio beside that under the condition that costs most."""

from math import ceil

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from soundcheck.ids import CLEAN
from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.presenting.evaluation import Evaluation
from soundcheck.presenting.figures.style import INK, SOFT, STYLE, set_titles
from soundcheck.presenting.wording import Order, short_conditions
from soundcheck.scoring.metrics import Metric, described

HEAT = LinearSegmentedColormap.from_list("soundcheck", ["#ffffff", "#bfe0dc", "#4fa8a0", "#0b6e69", "#07413e"])


def draw(
    results: Evaluation, name: str, order: Order, title: str = "", synthetic: bool = False, probe: str | None = None
) -> Figure:
    """Row-normalised confusion matrices, an embedder at a time: clean beside the condition that costs most.

    That condition is the same for all embedders: the one with the lowest mean of the metric `name` for `probe` (the
    first one where none is given).

    Raises:
        SoundcheckError: when the results hold no confusion matrix of this probe.
    """
    probe = probe or order.probes[0]
    classes = sorted(
        set(results.class_sizes) | {predicted for pairs in results.confusion.values() for _, predicted in pairs}
    )
    worst = _worst_condition(results, described(name), order, probe)
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
        set_titles(figure, results, title, synthetic, what)
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
