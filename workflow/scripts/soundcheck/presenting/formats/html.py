"""A table as a page of HTML."""

from functools import partial
from itertools import groupby

from soundcheck.presenting.formats.reading import edges_of, reading_of, small_text, value_text
from soundcheck.presenting.html import block, definitions, document, paragraph
from soundcheck.presenting.tables.table import Cell, Row, Table

_block = partial(block, template="table.html.j2")


def to_html(table: Table) -> str:
    """A self-contained page: sticky header, bounds beneath the values, light and dark."""
    edges = edges_of(table.columns)
    columns = [(column.name, edge) for column, edge in zip(table.columns, edges, strict=True)]
    groups = groupby(table.rows, key=lambda row: row.stub[0] if len(row.stub) > 1 else None)
    body = [
        paragraph(" ".join(reading_of(table, "Bold", "Underlined", "Small numbers beneath")), css=""),
        _block("results", table.stubs, _spans(table), columns, [_group(list(rows), edges) for _, rows in groups]),
        *([definitions(table.legend)] if table.legend else []),
        *(_block("note", mark, text) for mark, text in table.notes),
    ]
    return document(table.title, body, table.subtitle, table.facts, "synthetic audio" if table.synthetic else "")


def _spans(table: Table) -> list[tuple[str, int]]:
    """Name and width of each group of columns; nothing where no column is in a group."""
    if not any(column.group for column in table.columns):
        return []
    groups = groupby(table.columns, key=lambda column: column.group)
    return [(name, len(list(columns))) for name, columns in groups]


def _group(rows: list[Row], edges: list[bool]) -> list[tuple]:
    """For each row: the name that spans the group, in its first row alone; its other names; its cells."""
    return [
        (
            row.stub[0] if len(row.stub) > 1 and i == 0 else "",
            row.stub[1:] if len(row.stub) > 1 else row.stub,
            [_cell(cell, edge) for cell, edge in zip(row.cells, edges, strict=True)],
        )
        for i, row in enumerate(rows)
    ]


def _cell(cell: Cell, edge: bool) -> dict[str, object]:
    state = "best" if cell.best else "tied" if cell.tied else "missing" if cell.value is None and cell.unit else ""
    return {
        "value": value_text(cell),
        "small": small_text(cell),
        "mark": cell.mark,
        "state": state,
        "edge": edge,
    }
