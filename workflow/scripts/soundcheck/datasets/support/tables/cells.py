"""What the cells of label columns say: several labels in one, tags that are marked, one label in several spellings."""

import ast
import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

# The first of these that any cell of a column holds separates its labels: a bar is in no label, a comma may be.
SEPARATORS = ("|", ";", ",")
_MARKED = {"1", "1.0", "true", "yes", "y", "x"}
_UNMARKED = {"0", "0.0", "false", "no", "n", ""}


def separated(cells: Sequence[str | list[str]]) -> list[list[str]]:
    """The labels of each cell of a column: a list's, also of one written `['a', 'b']`; else those between marks."""
    cells = [_list_in(cell) if isinstance(cell, str) else cell for cell in cells]
    texts = [cell for cell in cells if isinstance(cell, str)]
    mark = next((mark for mark in SEPARATORS if any(mark in cell for cell in texts)), None)
    parts = [cell.split(mark) if isinstance(cell, str) else cell for cell in cells]
    return [[label.strip() for label in labels if label.strip()] for labels in parts]


def marked(rows: Sequence[dict], columns: Sequence[str]) -> list[list[str]] | None:
    """The columns that each row marks (`1`, `true`, `yes`, `x`); None where a cell neither marks nor denies."""
    cells = {str(row[column]).lower() for row in rows for column in columns}
    if not cells <= _MARKED | _UNMARKED or not cells & _MARKED:
        return None
    return [[column for column in columns if str(row[column]).lower() in _MARKED] for row in rows]


def one_spelling(labels: Iterable[Sequence[str] | str | None]) -> tuple[list, dict[str, str]]:
    """Labels that differ in case, spaces or Unicode's forms alone, in the commonest spelling; and what became what.

    Each element is a list of labels; None and strings, which are reasons, stay as they are. Names of less than three
    letters stay apart: `Cm` and `CM` are two chords.
    """
    labels = list(labels)
    spellings: dict[str, Counter] = defaultdict(Counter)
    for each in labels:
        for label in [] if each is None or isinstance(each, str) else each:
            spellings[_folded(label)][_tidy(label)] += 1
    usual = {folded: min(found, key=lambda label: (-found[label], label)) for folded, found in spellings.items()}
    changed = {label: usual[folded] for folded, found in spellings.items() for label in found if label != usual[folded]}
    return [
        each if each is None or isinstance(each, str) else [usual[_folded(label)] for label in each] for each in labels
    ], dict(sorted(changed.items()))


def _list_in(cell: str) -> str | list[str]:
    """The list that a cell holds as Python and JSON write it, where it does."""
    if not (cell.startswith("[") and cell.endswith("]")):
        return cell
    try:
        found = ast.literal_eval(cell)
    except (ValueError, SyntaxError):
        return cell
    return [str(label) for label in found]


def _tidy(label: str) -> str:
    return re.sub(r"\s+", " ", unicodedata.normalize("NFC", label)).strip()


def _folded(label: str) -> str:
    text = _tidy(label)
    return text.casefold() if sum(character.isalpha() for character in text) > 2 else text
