"""Figures of one evaluation (dataset, task, split), as SVG whose bytes depend on the numbers alone.

A figure is one module with one function, `draw(results, metric, order, title, synthetic)`, which returns a Matplotlib
figure. `FIGURES` is light, so that rules can read it.
"""

import os
import tempfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from soundcheck.presenting.evaluation import Evaluation
    from soundcheck.presenting.wording import Order


class Entry(NamedTuple):
    """A figure: its module below `soundcheck`, its title in the report, its caption in `workflow/report`."""

    module: str
    title: str
    caption: str


FIGURES = {
    "robustness": Entry("presenting.figures.robustness", "robustness", "robustness.rst"),
    "confusion": Entry("presenting.figures.confusion", "confusion", "confusion.rst"),
    # In the place of confusion, where a track may have several labels.
    "per_label": Entry("presenting.figures.per_label", "confusion", "confusion.rst"),
}


def write(
    name: str,
    path: str | Path,
    results: "Evaluation",
    metric: str,
    order: "Order",
    title: str = "",
    synthetic: bool = False,
) -> None:
    """Write the figure `name` of an evaluation as SVG. `title` is the dataset's.

    Raises:
        SoundcheckError: when there is nothing to draw.
    """
    # A job's home may not be writable; without a folder of its own, matplotlib warns and rebuilds its cache.
    cache = Path(tempfile.gettempdir()) / f"soundcheck-matplotlib-{os.getuid()}"
    os.environ.setdefault("MPLCONFIGDIR", str(cache))
    os.environ["MPLBACKEND"] = "Agg"
    figure = import_module(f"soundcheck.{FIGURES[name].module}").draw(results, metric, order, title, synthetic)
    import_module("soundcheck.presenting.figures.style").save(figure, path)
