"""The figure of a multilabel task: a metric of each label on clean audio, a marker an embedder."""

from math import ceil

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from soundcheck.ids import CLEAN
from soundcheck.plumbing.errors import SoundcheckError, plural
from soundcheck.presenting.evaluation import Evaluation
from soundcheck.presenting.figures.style import INK, SOFT, STYLE, look_of, rule_rows, set_titles
from soundcheck.presenting.wording import Order, heading, label_metric
from soundcheck.scoring.metrics import described


def draw(
    results: Evaluation, name: str, order: Order, title: str = "", synthetic: bool = False, probe: str | None = None
) -> Figure:
    """The metric `name` of each label, clean condition: a row a label, a marker an embedder, hardest label last.

    `probe`: the first one where none is given.

    Raises:
        SoundcheckError: when the results hold no such values of the probe.
    """
    probe = probe or order.probes[0]
    unit = label_metric(described(name))
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
                colour, marker = look_of(i)
                axis.plot(
                    x, y, linestyle="", marker=marker, markersize=5, color=colour, markeredgecolor="white",
                    markeredgewidth=0.6, label=embedder, clip_on=False, zorder=3,
                )  # fmt: skip
        axis.set_yticks(range(len(labels)), labels, color=INK, fontsize=8)
        axis.set_ylim(len(labels) - 0.5, -0.5)
        rule_rows(axis)
        axis.spines["left"].set_visible(False)
        if unit.chance and unit.chance.value is not None:
            axis.axvline(scale * unit.chance.value, color=SOFT, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1)
        missing = [label for label in values if label not in known]
        note = f"; {plural(len(missing), 'label')} left out" if missing else ""
        axis.set_xlabel(heading(unit))
        figure.legend(loc="outside lower left", ncols=4, frameon=False, fontsize=8, handletextpad=0.2)
        set_titles(
            figure, results, title, synthetic, f"{unit.title} of each label, probe {probe}, clean condition{note}"
        )
    return figure
