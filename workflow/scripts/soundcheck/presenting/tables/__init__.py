"""Tables of one evaluation (dataset, task, split): what they hold. How they are written is in `formats`."""

from dataclasses import replace

from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.presenting.evaluation import Evaluation
from soundcheck.presenting.tables.notes import facts_of, with_notes, with_seen
from soundcheck.presenting.tables.presets import PRESETS
from soundcheck.presenting.tables.table import Table
from soundcheck.presenting.wording import Order, words
from soundcheck.scoring.metrics import described


def build(
    results: Evaluation,
    preset: str,
    metrics: list[str],
    order: Order,
    title: str = "",
    synthetic: bool = False,
) -> Table:
    """The table `preset` (a name in `presets.PRESETS`) of `metrics`.

    `title` is the dataset's.

    Raises:
        SoundcheckError: for an unknown preset, or a metric without scores.
    """
    if preset not in PRESETS:
        raise SoundcheckError(f"Unknown table {preset!r}; there are {', '.join(PRESETS)}.")
    shown = [metric for metric in map(described, metrics) if not metric.is_matrix]
    if not shown:
        raise SoundcheckError(f"The table {preset!r} needs a metric; confusion matrices are shown as a figure.")
    for each in shown:
        if not any(key[0] == each.id for key in results.scores):
            have = ", ".join(sorted({key[0] for key in results.scores})) or "none"
            raise SoundcheckError(f"The results have no metric {each.id!r} for {results.task}; they have {have}.")
    table = PRESETS[preset].build(results, shown, order)
    table = with_seen(with_notes(table, results, order), order)
    return replace(
        table,
        subtitle=PRESETS[preset].caption,
        title=f"{title or results.dataset}: {words(results.task).lower()}",
        synthetic=synthetic,
        facts=facts_of(results, order),
    )
