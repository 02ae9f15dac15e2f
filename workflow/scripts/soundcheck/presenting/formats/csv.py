"""A table as CSV, for programs."""

import csv
import io
from collections.abc import Callable

from soundcheck.presenting.tables.table import Cell, Table


def to_csv(table: Table) -> str:
    """One line a row; each column has its value and, where there are any, its bounds, change and n."""
    parts = [_csv_parts(table, i) for i in range(len(table.columns))]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(
        [stub.lower() for stub in table.stubs]
        + [
            f"{column.key} {name}".strip()
            for column, names in zip(table.columns, parts, strict=True)
            for name, _ in names
        ]
    )
    for row in table.rows:
        fields = [get(cell) for cell, names in zip(row.cells, parts, strict=True) for _, get in names]
        writer.writerow([*row.key, *("" if field is None else field for field in fields)])
    return out.getvalue()


def _csv_parts(table: Table, index: int) -> list[tuple[str, Callable[[Cell], object]]]:
    cells = [row.cells[index] for row in table.rows]
    parts = [("", lambda cell: cell.key or cell.value)]
    if any(cell.low is not None for cell in cells):
        parts.append((table.bounds[0], lambda cell: cell.low))
        parts.append((table.bounds[1], lambda cell: cell.high))
    if any(cell.drop is not None for cell in cells):
        parts.append(("change", lambda cell: cell.drop))
    if any(cell.n is not None for cell in cells):
        parts.append(("n", lambda cell: cell.n))
    return parts
