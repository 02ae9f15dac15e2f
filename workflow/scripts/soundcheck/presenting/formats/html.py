"""A table as a page of HTML."""

from html import escape
from itertools import groupby

from soundcheck.presenting.formats.reading import edges_of, reading_of, small_text, value_text
from soundcheck.presenting.html import document
from soundcheck.presenting.tables.table import Cell, Row, Table


def to_html(table: Table) -> str:
    """A self-contained page: sticky header, bounds beneath the values, light and dark."""
    body = [f"<p>{escape(' '.join(reading_of(table, 'Bold', 'Underlined', 'Small numbers beneath')))}</p>"]
    body += ["<table>", _html_header(table)]
    for _, rows in groupby(table.rows, key=lambda row: row.stub[0] if len(row.stub) > 1 else None):
        body.append(_html_group(list(rows), edges_of(table.columns)))
    body.append("</table>")
    if table.legend:
        items = "".join(f"<dt>{escape(short)}</dt><dd>{escape(name)}</dd>" for short, name in table.legend)
        body.append(f"<dl>{items}</dl>")
    for mark, text in table.notes:
        mark = f"<sup>{escape(mark)}</sup> " if mark.isalpha() else f"{escape(mark)} " if mark else ""
        body.append(f'<p class="note">{mark}{escape(text)}</p>')
    return document(
        table.title, "\n".join(body), table.subtitle, table.facts, "synthetic audio" if table.synthetic else ""
    )


def _html_header(table: Table) -> str:
    edges = edges_of(table.columns)
    names = "".join(f'<th scope="col">{escape(stub)}</th>' for stub in table.stubs)
    names += "".join(
        f'<th scope="col" class="number{" edge" if edge else ""}">{escape(column.name)}</th>'
        for column, edge in zip(table.columns, edges, strict=True)
    )
    if not any(column.group for column in table.columns):
        return f"<thead><tr>{names}</tr></thead>"
    groups = f'<th colspan="{len(table.stubs)}"></th>'
    for group, columns in groupby(table.columns, key=lambda column: column.group):
        width = len(list(columns))
        groups += f'<th colspan="{width}"{_group_attributes(group)}>{escape(group)}</th>'
    return f"<thead><tr>{groups}</tr>\n<tr>{names}</tr></thead>"


def _group_attributes(group: str) -> str:
    return ' class="group" scope="colgroup"' if group else ""


def _html_group(rows: list[Row], edges: list[bool]) -> str:
    lines = ["<tbody>"]
    for i, row in enumerate(rows):
        cells = ""
        if len(row.stub) > 1 and i == 0:
            cells = f'<th scope="rowgroup" rowspan="{len(rows)}">{escape(row.stub[0])}</th>'
        cells += "".join(f'<th scope="row">{escape(name)}</th>' for name in row.stub[1 if len(row.stub) > 1 else 0 :])
        cells += "".join(_html_cell(cell, edge) for cell, edge in zip(row.cells, edges, strict=True))
        lines.append(f"<tr>{cells}</tr>")
    return "\n".join([*lines, "</tbody>"])


def _html_cell(cell: Cell, edge: bool) -> str:
    css = "number edge" if edge else "number"
    state = "best" if cell.best else "tied" if cell.tied else "missing" if cell.value is None and cell.unit else ""
    value, small = escape(value_text(cell)), escape(small_text(cell))
    if state:
        value = f'<span class="{state}">{value}</span>'
    mark = f"<sup>{escape(cell.mark)}</sup>" if cell.mark else ""
    return f'<td class="{css}">{value}{mark}{f"<small>{small}</small>" if small else ""}</td>'
