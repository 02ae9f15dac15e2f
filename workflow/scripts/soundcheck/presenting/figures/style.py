"""The look that the figures share: colours and markers of embedders, type, titles; and how a figure is written."""

from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from soundcheck.plumbing.files import atomic
from soundcheck.presenting.evaluation import Evaluation
from soundcheck.presenting.wording import words

# Paul Tol's "muted" scheme, safe for colour-blind readers; its pale yellow is left out, black added. Markers double it.
COLOURS = ("#332288", "#CC6677", "#117733", "#88CCEE", "#882255", "#44AA99", "#999933", "#AA4499", "#222222", "#BB9944")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "h")
INK, SOFT, RULE = "#1d2126", "#5f6871", "#d9dde1"
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


def look_of(index: int) -> tuple[str, str]:
    """The colour and the marker of the embedder at this place in the order; no two of the first thirty are alike."""
    return COLOURS[index % len(COLOURS)], MARKERS[(index + index // len(COLOURS)) % len(MARKERS)]


def rule_rows(axis: Axes) -> None:
    """Fine lines behind the points, from each tick of the vertical axis, and no ticks."""
    axis.tick_params(length=0)
    axis.grid(axis="y", color=RULE, linewidth=0.6)
    axis.set_axisbelow(True)


def set_titles(figure: Figure, results: Evaluation, title: str, synthetic: bool, what: str) -> None:
    """What the figure shows, of which dataset, task and split."""
    mark = " (synthetic audio)" if synthetic else ""
    figure.suptitle(
        f"{title or results.dataset}{mark}: {words(results.task).lower()}\n{what}; split {results.split}",
        x=0.01, ha="left", fontsize=11,
    )  # fmt: skip
