"""Tables of one evaluation (dataset, task, split): what they hold. How they are written is in `rendering.py`.

Nothing here is chosen on the test set: where a table speaks of an embedder as such, it takes the mean over the probes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from soundcheck.display import (
    CLEAN,
    OF_NUMBERS,
    Metric,
    label_metric,
    metric,
    plural,
    sentence_list,
    short_conditions,
    words,
)
from soundcheck.errors import SoundcheckError
from soundcheck.results import Evaluation, Score, usual_n

INTERVAL = "95 % bootstrap interval over the test tracks"
PROBE_RANGE = "lowest to highest probe"


@dataclass(frozen=True)
class Cell:
    """A number with its bounds, or a text. Numbers are as in the results, never rounded or scaled."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    drop: float | None = None  # value minus the clean condition's; shown in the place of the bounds
    n: int | None = None
    unit: Metric | None = None
    text: str = ""
    key: str = ""  # the text as an id, for CSV files
    best: bool = False
    tied: bool = False  # not the best, but its interval overlaps the best's
    signed: bool = False
    mark: str = ""  # letter of a note


@dataclass(frozen=True)
class Column:
    """`name` under the spanning header `group`; `key` names the column in CSV files, in ids."""

    name: str
    key: str
    group: str = ""


@dataclass(frozen=True)
class Row:
    """`stub`: the row's names, from the widest group to the row's own. A repeated first name spans its rows.

    `key` holds the same in ids, for CSV files.
    """

    key: tuple[str, ...]
    stub: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """A table ready to be written in any format."""

    title: str
    subtitle: str
    stubs: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    spread: str = INTERVAL  # what `low` and `high` are; empty without bounds
    bounds: tuple[str, str] = ("low", "high")  # their names in CSV files
    reading: tuple[str, ...] = ()  # how to read it, sentence by sentence
    legend: tuple[tuple[str, str], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()  # (mark or empty, text)
    synthetic: bool = False
    facts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Order:
    """What to show, in which order: deformations (clean first), embedders, probes.

    `descriptions` says what each deformation does; `seen` are the embedders that were trained on the dataset.
    """

    deformations: list[str]
    embedders: list[str]
    probes: list[str]
    descriptions: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    @property
    def legend(self) -> tuple[tuple[str, str], ...]:
        """The short name of each condition, and what it stands for."""
        return tuple(
            (short, _explained(name, short, self.descriptions.get(name, name)))
            for name, short in short_conditions(self.deformations).items()
        )


def _explained(name: str, short: str, description: str) -> str:
    return description if name in (short, description) else f"{name}: {description}"


def build(
    results: Evaluation,
    preset: str,
    metrics: list[str],
    order: Order,
    title: str = "",
    synthetic: bool = False,
) -> Table:
    """The table `preset` (a name in `PRESETS`) of `metrics`.

    `title` is the dataset's. Raises `ValueError` for an unknown preset or a metric without scores.
    """
    if preset not in PRESETS:
        raise SoundcheckError(f"Unknown table {preset!r}; there are {', '.join(PRESETS)}.")
    shown = [metric(name) for name in metrics if name != "confusion"]
    if not shown:
        raise SoundcheckError(f"The table {preset!r} needs a metric; confusion matrices are shown as a figure.")
    for each in shown:
        if not any(key[0] == each.id for key in results.scores):
            have = ", ".join(sorted({key[0] for key in results.scores})) or "none"
            raise SoundcheckError(f"The results have no metric {each.id!r} for {results.task}; they have {have}.")
    table = PRESETS[preset](results, shown, order)
    table = _with_seen(_with_notes(table, results, order), order)
    return replace(
        table,
        title=f"{title or results.dataset}: {words(results.task).lower()}",
        synthetic=synthetic,
        facts=_facts(table, results, order),
    )


# ---------------------------------------------------------------------------------------------------------- presets


def _all_deform_all_models(results: Evaluation, metrics: list[Metric], order: Order) -> Table:
    short = short_conditions(order.deformations)
    where = [(unit, deformation) for unit in metrics for deformation in order.deformations]
    rows = [
        Row(
            (embedder, probe),
            (embedder, probe),
            tuple(_cell(results.score(unit.id, deform, embedder, probe), unit) for unit, deform in where),
        )
        for embedder in order.embedders
        for probe in order.probes
    ]
    return Table(
        title="",
        subtitle="Every embedder and probe under every condition",
        stubs=("Embedder", "Probe"),
        columns=tuple(Column(short[deform], f"{unit.id} {deform}", unit.title) for unit, deform in where),
        rows=_mark_columns(rows),
        reading=("Probes are trained on clean audio and tested on each condition.",),
        legend=order.legend,
    )


def _deformations(results: Evaluation, metrics: list[Metric], order: Order) -> Table:
    short = short_conditions(order.deformations)
    rows = []
    for unit in metrics:
        for deform in order.deformations:
            cells = [_mean_with_drop(results, unit, deform, embedder, order.probes) for embedder in order.embedders]
            rows.append(Row((unit.id, deform), (unit.title, short[deform]), _mark_best(cells)))
    return Table(
        title="",
        subtitle="What each condition costs each embedder",
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
                (unit.title, probe),
                tuple(_cell(results.score(unit.id, CLEAN, embedder, probe), unit) for embedder in order.embedders),
            )
            for probe in order.probes
        ]
        rows.extend(_mark_columns(block))
    return Table(
        title="",
        subtitle="Probes side by side, clean condition",
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
            conditions = {name: _mean_with_drop(results, unit, name, embedder, order.probes) for name in deformed}
            known = {name: cell for name, cell in conditions.items() if cell.drop is not None}
            clean = _mean_over_probes(results, unit, CLEAN, embedder, order.probes)
            worst = _worst(known, unit)
            block.append(
                (
                    clean,
                    replace(known[worst], drop=None) if worst else Cell(unit=unit),
                    Cell(text=short[worst], key=worst) if worst else Cell(),
                    _mean_change(known, unit),
                    _seed_spread(results, unit, embedder, order.probes),
                )
            )
        best = [_mark_best([cells[i] for cells in block]) for i in range(2)]
        for i, (embedder, cells) in enumerate(zip(order.embedders, block, strict=True)):
            rows.append(Row((unit.id, embedder), (unit.title, embedder), (best[0][i], best[1][i], *cells[2:])))
    return Table(
        title="",
        subtitle="Embedders at a glance",
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
    units = [label_metric(unit.id) for unit in metrics if results.labels(unit.id)]
    if not units:
        asked = ", ".join(unit.id for unit in metrics)
        raise SoundcheckError(
            f"No metric of {asked} has a value per class. Ask for f1_macro, roc_auc or average_precision."
        )
    rows = []
    for unit in units:
        for label in results.labels(unit.id):
            cells = [
                _mean_over_probes(results, unit, CLEAN, embedder, order.probes, label) for embedder in order.embedders
            ]
            n = results.class_sizes.get(label) or max((cell.n for cell in cells if cell.n is not None), default=0)
            rows.append(
                Row((unit.id, label), (unit.title, label), (Cell(text=f"{n:,}", key=str(n)), *_mark_best(cells)))
            )
    return Table(
        title="",
        subtitle="Class by class, clean condition",
        stubs=("Metric", "Class"),
        columns=(Column("n", "n"), *(Column(embedder, embedder) for embedder in order.embedders)),
        rows=tuple(rows),
        spread=PROBE_RANGE,
        bounds=("lowest probe", "highest probe"),
        reading=(f"Mean over {_the_probes(order)}.", "n counts test items; read a class of few items with care."),
    )


PRESETS: dict[str, Callable[[Evaluation, list[Metric], Order], Table]] = {
    "all_deform_all_models": _all_deform_all_models,
    "deformations": _deformations,
    "probes": _probes,
    "embedders": _embedders,
    "per_class": _per_class,
}


# ------------------------------------------------------------------------------------------------------------ cells


def _cell(score: Score | None, unit: Metric, label: str = "") -> Cell:
    if score is None:
        return Cell(unit=unit)
    if score.value is None:
        return Cell(unit=unit, n=score.n, text="left out" if label else "")
    return Cell(score.value, score.low, score.high, n=score.n, unit=unit)


def _mean_over_probes(
    results: Evaluation, unit: Metric, deformation: str, embedder: str, probes: Iterable[str], label: str = ""
) -> Cell:
    """The mean over the probes that have the cell; its bounds are the lowest and the highest of them."""
    scores = [results.score(unit.id, deformation, embedder, probe, label) for probe in probes]
    scores = [score for score in scores if score is not None]
    values = [score.value for score in scores if score.value is not None]
    if not values:
        return _cell(scores[0] if scores else None, unit, label)
    bounds = (min(values), max(values)) if len(values) > 1 else (None, None)
    return Cell(sum(values) / len(values), *bounds, n=min(score.n for score in scores), unit=unit)


def _mean_with_drop(results: Evaluation, unit: Metric, deformation: str, embedder: str, probes: list[str]) -> Cell:
    """The mean over probes and its change from clean, the latter over the probes that have both."""
    cell = _mean_over_probes(results, unit, deformation, embedder, probes)
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


def _worst(conditions: dict[str, Cell], unit: Metric) -> str | None:
    if not conditions or unit.higher_is_better is None:
        return None
    sign = 1 if unit.higher_is_better else -1
    return min(conditions, key=lambda name: sign * conditions[name].value)


def _mean_change(conditions: dict[str, Cell], unit: Metric) -> Cell:
    if not conditions:
        return Cell(unit=unit)
    return Cell(sum(cell.drop for cell in conditions.values()) / len(conditions), unit=unit, signed=True)


def _seed_spread(results: Evaluation, unit: Metric, embedder: str, probes: list[str]) -> Cell:
    scores = [results.score(unit.id, CLEAN, embedder, probe) for probe in probes]
    spreads = [score.seed_std for score in scores if score is not None and score.seed_std is not None]
    return Cell(max(spreads), unit=unit) if spreads else Cell(unit=unit)


# ------------------------------------------------------------------------------------------------------------ marks


def _mark_columns(rows: list[Row]) -> tuple[Row, ...]:
    """Marks of `_mark_best` down each column, for cells whose bounds are intervals."""
    columns = [_mark_best([row.cells[i] for row in rows], intervals=True) for i in range(len(rows[0].cells))]
    return tuple(replace(row, cells=tuple(column[i] for column in columns)) for i, row in enumerate(rows))


def _mark_best(cells: list[Cell], intervals: bool = False) -> tuple[Cell, ...]:
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


# ------------------------------------------------------------------------------------------------------------ words


def _the_probes(order: Order) -> str:
    if len(order.probes) == 1:
        return f"the one probe {order.probes[0]}"
    return f"the probes {sentence_list(order.probes)}"


def _facts(table: Table, results: Evaluation, order: Order) -> tuple[str, ...]:
    facts = [plural(_usual_n(results, order), "test item")]
    seeds = sorted({results.seeds[probe] for probe in order.probes if results.seeds.get(probe)})
    if seeds:
        facts.append(plural(seeds[0], "seed") if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]} seeds by probe")
    if results.folds > 1:
        facts.append(plural(results.folds, "fold"))
    classes = {key[4] for key in results.scores if key[4] and key[0] not in OF_NUMBERS} | set(results.class_sizes)
    if classes:
        facts.append(plural(len(classes), "class", "classes"))
    targets = {key[4] for key in results.scores if key[4] and key[0] in OF_NUMBERS}
    if targets:
        facts.append(f"mean of {sentence_list(sorted(targets))}")
    return (*facts, f"split {results.split}")


def _usual_n(results: Evaluation, order: Order) -> int:
    wanted = (set(order.deformations), set(order.embedders), set(order.probes))
    return usual_n(
        score.n
        for (_, deformation, embedder, probe, label), score in results.scores.items()
        if not label and deformation in wanted[0] and embedder in wanted[1] and probe in wanted[2]
    )


def _with_notes(table: Table, results: Evaluation, order: Order) -> Table:
    """Letters on cells that stand on another number of test items, and a line on what is missing."""
    usual = _usual_n(results, order)
    per_label = "Class" in table.stubs
    cells = [cell for row in table.rows for cell in row.cells]
    others = [] if per_label else sorted({cell.n for cell in cells if cell.n is not None and cell.n != usual})
    letters = {n: _letter(i) for i, n in enumerate(others)}
    notes = [
        (letters[n], f"{n:,} test items in the place of {usual:,}: the report lists what was left out, and why.")
        for n in others
    ]
    if any(cell.value is None and not cell.text for cell in cells):
        notes.append(("–", "was not run, or has no value: the report lists pruned cells and the reasons."))
    if any(cell.text == "left out" for cell in cells):
        notes.append(("", "Left out: the test set has no item with this label, or none without it."))
    unknown = sorted({cell.unit.name for cell in cells if cell.unit and cell.unit.higher_is_better is None})
    if unknown:
        notes.append(("", f"No best value is marked for {sentence_list(unknown)}: its direction is not known."))
    rows = tuple(
        replace(row, cells=tuple(replace(cell, mark=letters.get(cell.n, "")) for cell in row.cells))
        for row in table.rows
    )
    return replace(table, rows=rows, notes=tuple(notes))


def _with_seen(table: Table, order: Order) -> Table:
    """A dagger on the names of embedders that were trained on the dataset, and what it means."""
    seen = set(order.seen)
    if not seen:
        return table
    columns = tuple(
        replace(column, name=f"{column.name}†") if column.key in seen else column for column in table.columns
    )
    place = table.stubs.index("Embedder") if "Embedder" in table.stubs else None
    rows = table.rows
    if place is not None:
        rows = tuple(replace(row, stub=_daggered(row.stub, place)) if row.key[place] in seen else row for row in rows)
    note = "† was trained on this very dataset: its scores say little of how it does on music that it does not know."
    return replace(table, columns=columns, rows=rows, notes=(*table.notes, ("", note)))


def _daggered(stub: tuple[str, ...], place: int) -> tuple[str, ...]:
    return (*stub[:place], f"{stub[place]}†", *stub[place + 1 :])


def _letter(index: int) -> str:
    prefix, last = divmod(index, 26)
    return (_letter(prefix - 1) if prefix else "") + chr(ord("a") + last)
