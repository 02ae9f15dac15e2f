"""What stands around a table's numbers so that they are read rightly: facts, notes on cells and on embedders."""

from dataclasses import replace

from soundcheck.plumbing.errors import plural
from soundcheck.presenting.evaluation import Evaluation, usual_n
from soundcheck.presenting.tables.table import Table
from soundcheck.presenting.wording import Order, sentence_list
from soundcheck.scoring.metrics import METRICS
from soundcheck.tasks import TASK_TYPES


def facts_of(results: Evaluation, order: Order) -> tuple[str, ...]:
    """What the table stands on: test items, seeds, folds, classes or targets, and the split."""
    facts = [plural(_usual_n(results, order), "test item")]
    seeds = sorted({results.seeds[probe] for probe in order.probes if results.seeds.get(probe)})
    if seeds:
        facts.append(plural(seeds[0], "seed") if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]} seeds by probe")
    if results.folds > 1:
        facts.append(plural(results.folds, "fold"))
    classes = {key[4] for key in results.scores if key[4] and not _names_targets(key[0])} | set(results.class_sizes)
    if classes:
        facts.append(plural(len(classes), "class", "classes"))
    targets = {key[4] for key in results.scores if key[4] and _names_targets(key[0])}
    if targets:
        facts.append(f"mean of {sentence_list(sorted(targets))}")
    return (*facts, f"split {results.split}")


def _names_targets(metric: str) -> bool:
    """Whether what a metric has values for are targets, not classes."""
    of_numbers = {kind.name for kind in TASK_TYPES.values() if kind.has_numbers}
    return metric in METRICS and METRICS[metric].task in of_numbers


def with_notes(table: Table, results: Evaluation, order: Order) -> Table:
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
    unknown = sorted({cell.unit.title for cell in cells if cell.unit and cell.unit.higher_is_better is None})
    if unknown:
        notes.append(("", f"No best value is marked for {sentence_list(unknown)}: its direction is not known."))
    rows = tuple(
        replace(row, cells=tuple(replace(cell, mark=letters.get(cell.n, "")) for cell in row.cells))
        for row in table.rows
    )
    return replace(table, rows=rows, notes=tuple(notes))


def with_seen(table: Table, order: Order) -> Table:
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


def _usual_n(results: Evaluation, order: Order) -> int:
    wanted = (set(order.deformations), set(order.embedders), set(order.probes))
    return usual_n(
        score.n
        for (_, deformation, embedder, probe, label), score in results.scores.items()
        if not label and deformation in wanted[0] and embedder in wanted[1] and probe in wanted[2]
    )
