"""A table as Markdown."""

import re
from collections.abc import Iterable

from soundcheck.presenting.formats.reading import reading_of, small_text, title_of, value_text
from soundcheck.presenting.tables.table import Cell, Table


def to_markdown(table: Table) -> str:
    """A table in GitHub's Markdown: bold is best, italics overlap the best, bounds in brackets."""
    header = [*table.stubs, *(f"{column.group} {column.name}".strip() for column in table.columns)]
    align = [":---"] * len(table.stubs) + ["---:"] * len(table.columns)
    lines = [f"### {_markdown_text(title_of(table))}", ""]
    lines += [_markdown_text(f"{table.subtitle}. {_capital(', '.join(table.facts))}."), ""]
    lines += [_markdown_line(map(_markdown_text, header)), _markdown_line(align)]
    for row in table.rows:
        cells = [_markdown_cell(cell) for cell in row.cells]
        lines.append(_markdown_line([*map(_markdown_text, row.stub), *cells]))
    lines += ["", _markdown_text(" ".join(reading_of(table, "Bold", "Italics", "In brackets")))]
    if table.legend:
        lines += ["", "; ".join(f"{short} = {_markdown_text(name)}" for short, name in table.legend) + "."]
    for mark, text in table.notes:
        lines += ["", f"{_markdown_mark(mark)}{_markdown_text(text)}"]
    return "\n".join(lines) + "\n"


def _markdown_line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _markdown_text(text: str) -> str:
    return re.sub(r"([\\`*_|<>#\[\]~])", r"\\\1", text)


def _markdown_mark(mark: str) -> str:
    """Letters as beside the numbers; a dash as in the cells."""
    return f"<sup>{mark}</sup> " if mark.isalpha() else f"{mark} " if mark else ""


def _markdown_cell(cell: Cell) -> str:
    value, small = value_text(cell), small_text(cell)
    if cell.best or cell.tied:
        value = f"**{value}**" if cell.best else f"*{value}*"
    mark = f"<sup>{cell.mark}</sup>" if cell.mark else ""
    if not small:
        return _markdown_text(value) + mark if cell.text else value + mark
    return f"{value} {f'({small})' if cell.drop is not None else f'[{small}]'}{mark}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
