"""What all formats for readers say of a table in the same words: values, bounds, how to read the marks."""

from soundcheck.presenting.tables.table import Cell, Column, Table
from soundcheck.presenting.wording import DASH, change_text, number_text


def title_of(table: Table) -> str:
    """The title, which says that audio is synthetic."""
    return f"{table.title}{' (synthetic audio)' if table.synthetic else ''}"


def value_text(cell: Cell) -> str:
    """The value as a reader sees it: `83.7`, `left out`, or a dash where there is none."""
    if cell.text:
        return cell.text
    if cell.value is None:
        return DASH
    return change_text(cell.unit, cell.value) if cell.signed else number_text(cell.unit, cell.value)


def small_text(cell: Cell) -> str:
    """What stands beside the value: its change from clean, or its bounds; empty where it has neither."""
    if cell.drop is not None:
        return change_text(cell.unit, cell.drop)
    if cell.low is None or cell.high is None:
        return ""
    return DASH.join(number_text(cell.unit, bound) for bound in (cell.low, cell.high))


def reading_of(table: Table, best: str, tied: str, small: str) -> list[str]:
    """How to read the table, in sentences; the format says how it shows the best, those that tie, and the bounds."""
    cells = [cell for row in table.rows for cell in row.cells]
    sentences = list(table.reading)
    if any(cell.low is not None and cell.drop is None for cell in cells):
        sentences.append(f"{small}: {table.spread}.")
    if any(cell.best for cell in cells):
        sentences.append(f"{best}: the best value {_best_of(table)}.")
    if any(cell.tied for cell in cells):
        sentences.append(f"{tied}: its interval overlaps that of the best, so do not read it as worse.")
    return sentences


def _best_of(table: Table) -> str:
    if table.stubs[-1] in ("Condition", "Class"):
        return "of its row"
    return "of its column" if table.stubs[0] != "Metric" else "of its column, metric by metric"


def edges_of(columns: tuple[Column, ...]) -> list[bool]:
    """Whether a column begins a new group, where some more space helps the eye."""
    return [i > 0 and column.group != columns[i - 1].group for i, column in enumerate(columns)]
