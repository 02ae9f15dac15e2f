"""The presets: which scores a table shows, laid out as rows and columns.

Nothing here is chosen on the test set: where a table speaks of an embedder as such, it takes the mean over the probes.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from soundcheck.ids import CLEAN
from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.presenting.evaluation import Evaluation
from soundcheck.presenting.tables.cells import (
    cell_of,
    mark_best,
    mark_columns,
    mean_change,
    mean_over_probes,
    mean_with_drop,
    seed_spread,
    worst_of,
)
from soundcheck.presenting.tables.table import Cell, Column, Row, Table
from soundcheck.presenting.wording import Order, heading, label_metric, sentence_list, short_conditions
from soundcheck.scoring.metrics import Metric

PROBE_RANGE = "lowest to highest probe"


def _all_deform_all_models(results: Evaluation, metrics: list[Metric], order: Order) -> Table:
    short = short_conditions(order.deformations)
    where = [(unit, deformation) for unit in metrics for deformation in order.deformations]
    rows = [
        Row(
            (embedder, probe),
            (embedder, probe),
            tuple(cell_of(results.score(unit.id, deform, embedder, probe), unit) for unit, deform in where),
        )
        for embedder in order.embedders
        for probe in order.probes
    ]
    return Table(
        stubs=("Embedder", "Probe"),
        columns=tuple(Column(short[deform], f"{unit.id} {deform}", heading(unit)) for unit, deform in where),
        rows=mark_columns(rows),
        reading=("Probes are trained on clean audio and tested on each condition.",),
        legend=order.legend,
    )


def _deformations(results: Evaluation, metrics: list[Metric], order: Order) -> Table:
    short = short_conditions(order.deformations)
    rows = []
    for unit in metrics:
        for deform in order.deformations:
            cells = [mean_with_drop(results, unit, deform, embedder, order.probes) for embedder in order.embedders]
            rows.append(Row((unit.id, deform), (heading(unit), short[deform]), mark_best(cells)))
    return Table(
        stubs=("Metric", "Condition"),
        columns=tuple(Column(embedder, embedder) for embedder in order.embedders),
        rows=tuple(rows),
        spread=PROBE_RANGE,
        bounds=("lowest probe", "highest probe"),
        reading=(f"Mean over {_the_probes(order)}; the small signed number is the change from the clean condition.",),
        legend=order.legend,
    )


def _probes(results: Evaluation, metrics: list[Metric], order: Order) -> Table:
    rows = []
    for unit in metrics:
        block = [
            Row(
                (unit.id, probe),
                (heading(unit), probe),
                tuple(cell_of(results.score(unit.id, CLEAN, embedder, probe), unit) for embedder in order.embedders),
            )
            for probe in order.probes
        ]
        rows.extend(mark_columns(block))
    return Table(
        stubs=("Metric", "Probe"),
        columns=tuple(Column(embedder, embedder) for embedder in order.embedders),
        rows=tuple(rows),
        reading=("Marks compare the probes of one embedder. They describe the test set and select nothing.",),
    )


def _embedders(results: Evaluation, metrics: list[Metric], order: Order) -> Table:
    short = short_conditions(order.deformations)
    deformed = [name for name in order.deformations if name != CLEAN]
    columns = (
        Column("Clean", "clean"),
        Column("Worst", "worst", "Under deformation"),
        Column("Where", "worst condition", "Under deformation"),
        Column("Mean change", "mean change", "Under deformation"),
        Column("Spread of seeds", "seed_std"),
    )
    rows = []
    for unit in metrics:
        block = []
        for embedder in order.embedders:
            conditions = {name: mean_with_drop(results, unit, name, embedder, order.probes) for name in deformed}
            known = {name: cell for name, cell in conditions.items() if cell.drop is not None}
            clean = mean_over_probes(results, unit, CLEAN, embedder, order.probes)
            worst = worst_of(known, unit)
            block.append(
                (
                    clean,
                    replace(known[worst], drop=None) if worst else Cell(unit=unit),
                    Cell(text=short[worst], key=worst) if worst else Cell(),
                    mean_change(known, unit),
                    seed_spread(results, unit, embedder, order.probes),
                )
            )
        best = [mark_best([cells[i] for cells in block]) for i in range(2)]
        for i, (embedder, cells) in enumerate(zip(order.embedders, block, strict=True)):
            rows.append(Row((unit.id, embedder), (heading(unit), embedder), (best[0][i], best[1][i], *cells[2:])))
    return Table(
        stubs=("Metric", "Embedder"),
        columns=columns,
        rows=tuple(rows),
        spread=PROBE_RANGE,
        bounds=("lowest probe", "highest probe"),
        reading=(
            f"Means over {_the_probes(order)}: no probe is picked by its test score.",
            "Worst is the condition with the worst mean, mean change the average over the deformations.",
            "Spread of seeds is the standard deviation over seeds, clean condition, largest of the probes.",
        ),
        legend=order.legend,
    )


def _per_class(results: Evaluation, metrics: list[Metric], order: Order) -> Table:
    units = [label_metric(unit) for unit in metrics if results.labels(unit.id)]
    if not units:
        asked = ", ".join(unit.id for unit in metrics)
        raise SoundcheckError(
            f"No metric of {asked} has a value per class. Ask for f1_macro, roc_auc or average_precision."
        )
    rows = []
    for unit in units:
        for label in results.labels(unit.id):
            cells = [
                mean_over_probes(results, unit, CLEAN, embedder, order.probes, label) for embedder in order.embedders
            ]
            n = results.class_sizes.get(label) or max((cell.n for cell in cells if cell.n is not None), default=0)
            rows.append(
                Row((unit.id, label), (heading(unit), label), (Cell(text=f"{n:,}", key=str(n)), *mark_best(cells)))
            )
    return Table(
        stubs=("Metric", "Class"),
        columns=(Column("n", "n"), *(Column(embedder, embedder) for embedder in order.embedders)),
        rows=tuple(rows),
        spread=PROBE_RANGE,
        bounds=("lowest probe", "highest probe"),
        reading=(f"Mean over {_the_probes(order)}.", "n counts test items; read a class of few items with care."),
    )


def _the_probes(order: Order) -> str:
    if len(order.probes) == 1:
        return f"the one probe {order.probes[0]}"
    return f"the probes {sentence_list(order.probes)}"


@dataclass(frozen=True)
class Preset:
    """A kind of table: how it is made, a line on what it shows, whether it needs a metric with a value per label."""

    name: str
    build: Callable[[Evaluation, list[Metric], Order], Table]
    caption: str
    needs_labels: bool = False


PRESETS = {
    preset.name: preset
    for preset in (
        Preset("all_deform_all_models", _all_deform_all_models, "Every embedder and probe under every condition"),
        Preset("deformations", _deformations, "What each condition costs each embedder"),
        Preset("probes", _probes, "Probes side by side, clean condition"),
        Preset("embedders", _embedders, "Embedders at a glance"),
        Preset("per_class", _per_class, "Class by class, clean condition", needs_labels=True),
    )
}
