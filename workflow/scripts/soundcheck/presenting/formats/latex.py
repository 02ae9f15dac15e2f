"""A table as LaTeX."""

from itertools import groupby

from soundcheck.presenting.formats.reading import edges_of, reading_of, small_text, title_of, value_text
from soundcheck.presenting.tables.table import Cell, Row, Table
from soundcheck.presenting.wording import DASH, MINUS

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
    spread = "l" * span + "".join("@{\\hspace{1.6em}}r" if edge else "r" for edge in edges_of(table.columns))
    title = latex_text(title_of(table))
    caption = f"{title}. {latex_text(table.subtitle)}: {latex_text(', '.join(table.facts))}."
    reading = latex_text(" ".join(reading_of(table, "Bold", "Underlined", "Small numbers beneath")))
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
        before = f"\\textsuperscript{{{mark}}}" if mark.isalpha() else latex_text(mark)
        notes.append(f"{before} {latex_text(text)}".strip())
    return notes
