"""Tables written as CSV, Markdown, LaTeX, HTML, and as text for a terminal.

CSV is for programs: ids as in the configuration, numbers as in the results. The others are for readers: percentages
with one decimal, bounds beside or beneath each value.
"""

import csv
import io
import re
from collections.abc import Callable
from html import escape
from itertools import groupby

from soundcheck.display import DASH, MINUS
from soundcheck.document import document
from soundcheck.tables import Cell, Column, Row, Table

# -------------------------------------------------------------------------------------------------------------- CSV


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


# --------------------------------------------------------------------------------------------------------- Markdown


def to_markdown(table: Table) -> str:
    """A table in GitHub's Markdown: bold is best, italics overlap the best, bounds in brackets."""
    header = [*table.stubs, *(f"{column.group} {column.name}".strip() for column in table.columns)]
    align = [":---"] * len(table.stubs) + ["---:"] * len(table.columns)
    lines = [f"### {_markdown_text(table.title)}{' (synthetic audio)' if table.synthetic else ''}", ""]
    lines += [f"{table.subtitle}. {_capital(', '.join(table.facts))}.", ""]
    lines += [_markdown_line(map(_markdown_text, header)), _markdown_line(align)]
    for row in table.rows:
        cells = [_markdown_cell(cell) for cell in row.cells]
        lines.append(_markdown_line([*map(_markdown_text, row.stub), *cells]))
    lines += ["", " ".join(_reading(table, "Bold", "Italics", "In brackets"))]
    if table.legend:
        lines += ["", "; ".join(f"{short} = {_markdown_text(name)}" for short, name in table.legend) + "."]
    lines += [
        line for mark, text in table.notes for line in ("", f"{f'<sup>{mark}</sup> ' if mark.isalpha() else ''}{text}")
    ]
    return "\n".join(lines) + "\n"


def _markdown_line(cells) -> str:
    return f"| {' | '.join(cells)} |"


def _markdown_text(text: str) -> str:
    return re.sub(r"([\\`*_|<>#\[\]~])", r"\\\1", text)


def _markdown_cell(cell: Cell) -> str:
    value, small = value_text(cell), small_text(cell)
    if cell.best or cell.tied:
        value = f"**{value}**" if cell.best else f"*{value}*"
    mark = f"<sup>{cell.mark}</sup>" if cell.mark else ""
    if not small:
        return _markdown_text(value) + mark if cell.text else value + mark
    return f"{value} {f'({small})' if cell.drop is not None else f'[{small}]'}{mark}"


# ------------------------------------------------------------------------------------------------------------- text


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
    lines = [f"{table.title}{' (synthetic audio)' if table.synthetic else ''}", ""]
    lines += [" " * offset + spans.rstrip()] if any(groups) else []
    lines += [line(header), "-" * len(line(header))]
    for before, row in zip([None, *rows], rows, strict=False):
        repeated = before is not None and n_stubs > 1 and before[0] == row[0]
        lines.append(line(["" if repeated else row[0], *row[1:]]))
    if table.legend:
        lines += ["", "; ".join(f"{short} = {name}" for short, name in table.legend)]
    return "\n".join(lines) + "\n"


# ------------------------------------------------------------------------------------------------------------ LaTeX

_LATEX = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    DASH: "--",
    MINUS: "$-$",
    "♯": r"$\sharp$",
    "♭": r"$\flat$",
}


def latex_text(text: str) -> str:
    """Text with all characters that LaTeX gives a meaning to escaped."""
    return "".join(_LATEX.get(character, character) for character in text)


def to_latex(table: Table) -> str:
    """A `table` environment; needs the package booktabs only. Bounds stand beneath the values, in small print."""
    span = len(table.stubs)
    spread = "l" * span + "".join("@{\\hspace{1.6em}}r" if edge else "r" for edge in _edges(table.columns))
    title = latex_text(f"{table.title}{' (synthetic audio)' if table.synthetic else ''}")
    caption = f"{title}. {latex_text(table.subtitle)}: {latex_text(', '.join(table.facts))}."
    reading = latex_text(" ".join(_reading(table, "Bold", "Underlined", "Small numbers beneath")))
    lines = [
        "% Needs \\usepackage{booktabs}.",
        "\\begin{table}",
        "\\centering",
        "\\small",
        "\\setlength{\\tabcolsep}{4pt}",
    ]
    lines += [f"\\caption{{{caption} {reading}}}", f"\\begin{{tabular}}{{{spread}}}", "\\toprule"]
    lines += _latex_header(table)
    for i, (_, rows) in enumerate(groupby(table.rows, key=lambda row: row.stub[0])):
        if i:
            lines.append("\\midrule" if span > 1 else "")
        for j, row in enumerate(rows):
            lines += _latex_row(row, show_group=j == 0)
    lines += ["\\bottomrule", "\\end{tabular}"]
    for text in _latex_notes(table):
        lines += ["", f"\\par\\smallskip{{\\footnotesize {text}}}"]
    lines.append("\\end{table}")
    return "\n".join(line for line in lines if line) + "\n"


def _latex_header(table: Table) -> list[str]:
    span = len(table.stubs)
    lines = []
    if any(column.group for column in table.columns):
        first, heads, rules = span + 1, [], []
        for group, columns in groupby(table.columns, key=lambda column: column.group):
            width = len(list(columns))
            heads.append(f"\\multicolumn{{{width}}}{{c}}{{{latex_text(group)}}}")
            if group:
                rules.append(f"\\cmidrule(lr){{{first}-{first + width - 1}}}")
            first += width
        lines += [f"{' & ' * span}{' & '.join(heads)} \\\\", " ".join(rules)]
    names = [*table.stubs, *(column.name for column in table.columns)]
    return [*lines, " & ".join(map(latex_text, names)) + " \\\\", "\\midrule"]


def _latex_row(row: Row, show_group: bool) -> list[str]:
    stub = [name if i or show_group or len(row.stub) == 1 else "" for i, name in enumerate(row.stub)]
    values = " & ".join([*map(latex_text, stub), *map(_latex_value, row.cells)])
    smalls = [small_text(cell) for cell in row.cells]
    if not any(smalls):
        return [f"{values} \\\\"]
    # Two lines of one row: no page break or extra space between a value and its bounds.
    small = " & ".join([""] * len(stub) + [f"{{\\tiny {latex_text(text)}}}" if text else "" for text in smalls])
    return [f"{values} \\\\*[-0.7ex]", f"{small.strip()} \\\\"]


def _latex_value(cell: Cell) -> str:
    text = latex_text(value_text(cell))
    if cell.best:
        text = f"\\textbf{{{text}}}"
    elif cell.tied:
        text = f"\\underline{{{text}}}"
    return f"{text}\\textsuperscript{{{cell.mark}}}" if cell.mark else text


def _latex_notes(table: Table) -> list[str]:
    notes = []
    if table.legend:
        notes.append("; ".join(f"{latex_text(short)} = {latex_text(name)}" for short, name in table.legend) + ".")
    for mark, text in table.notes:
        notes.append((f"\\textsuperscript{{{mark}}} " if mark.isalpha() else "") + latex_text(text))
    return notes


# ------------------------------------------------------------------------------------------------------------- HTML


def to_html(table: Table) -> str:
    """A self-contained page: sticky header, bounds beneath the values, light and dark."""
    body = [f"<p>{escape(' '.join(_reading(table, 'Bold', 'Underlined', 'Small numbers beneath')))}</p>"]
    body += ["<table>", _html_header(table)]
    for _, rows in groupby(table.rows, key=lambda row: row.stub[0] if len(row.stub) > 1 else None):
        body.append(_html_group(list(rows), _edges(table.columns)))
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
    edges = _edges(table.columns)
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


# ------------------------------------------------------------------------------------------------- shared by readers


def value_text(cell: Cell) -> str:
    """The value as a reader sees it: `83.7`, `left out`, or a dash where there is none."""
    if cell.text:
        return cell.text
    if cell.value is None:
        return DASH
    return cell.unit.change(cell.value) if cell.signed else cell.unit.text(cell.value)


def small_text(cell: Cell) -> str:
    """What stands beside the value: its change from clean, or its bounds; empty where it has neither."""
    if cell.drop is not None:
        return cell.unit.change(cell.drop)
    if cell.low is None or cell.high is None:
        return ""
    return f"{cell.unit.text(cell.low)}{DASH}{cell.unit.text(cell.high)}"


def _reading(table: Table, best: str, tied: str, small: str) -> list[str]:
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


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _edges(columns: tuple[Column, ...]) -> list[bool]:
    """Whether a column begins a new group, where some more space helps the eye."""
    return [i > 0 and column.group != columns[i - 1].group for i, column in enumerate(columns)]
