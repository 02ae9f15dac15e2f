"""A table as text for a terminal."""

from itertools import groupby

from soundcheck.presenting.formats.reading import title_of, value_text
from soundcheck.presenting.tables.table import Table


def to_text(table: Table) -> str:
    """A table for a terminal: aligned columns of values without their bounds, `*` at the best."""
    groups = [column.group for column in table.columns]
    rows = [
        [*row.stub, *(f"{value_text(cell)}{'*' if cell.best else ' '}" for cell in row.cells)] for row in table.rows
    ]
    header = [*table.stubs, *(f"{column.name} " for column in table.columns)]
    widths = [max(len(line[i]) for line in [header, *rows]) for i in range(len(header))]
    n_stubs = len(table.stubs)
    spanned = [(group, list(members)) for group, members in groupby(range(len(groups)), key=lambda i: groups[i])]
    for group, members in spanned:
        # A group's name must fit above its columns.
        width = sum(widths[n_stubs + i] + 2 for i in members)
        widths[n_stubs + members[0]] += max(0, len(group) + 1 - width)

    def line(cells: list[str]) -> str:
        stubs = [cell.ljust(width) for cell, width in zip(cells[:n_stubs], widths, strict=False)]
        return "  ".join([*stubs, *(c.rjust(w) for c, w in zip(cells[n_stubs:], widths[n_stubs:], strict=True))])

    offset = sum(widths[:n_stubs]) + 2 * n_stubs
    spans = ""
    for group, members in spanned:
        spans += group.ljust(sum(widths[n_stubs + i] + 2 for i in members))
    lines = [title_of(table), ""]
    lines += [" " * offset + spans.rstrip()] if any(groups) else []
    lines += [line(header), "-" * len(line(header))]
    for before, row in zip([None, *rows], rows, strict=False):
        repeated = before is not None and n_stubs > 1 and before[0] == row[0]
        lines.append(line(["" if repeated else row[0], *row[1:]]))
    if table.legend:
        lines += ["", "; ".join(f"{short} = {name}" for short, name in table.legend)]
    return "\n".join(lines) + "\n"
