"""What the cells of label columns say: several labels in one, tags that are marked, one label in several spellings."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

from soundcheck.datasets.support.characters import has_unseen, shown, tidy, without_joiners
from soundcheck.datasets.support.tables.lists import HOW, list_in

# The first of these that any cell of a column holds separates its labels: a bar is in no label, a comma may be.
SEPARATORS = ("|", ";", ",")
MARKED = {"1", "1.0", "true", "yes", "y", "x"}
UNMARKED = {"0", "0.0", "false", "no", "n", ""}
# What the elements of a vector are that says of each label of a list, which is elsewhere, whether it applies.
_OF_VECTORS = {"0", "1", "0.0", "1.0", "true", "false"}


def separated(cells: Sequence[str | list[str]]) -> tuple[list[list[str]], list[str | None]]:
    """The labels of each cell of a column: those of a list, else those between marks; and why a cell has none.

    A cell without a mark is one label, spaces included.
    """
    faults: list[str | None] = [None] * len(cells)
    lists: list[list[str] | None] = []
    for place, cell in enumerate(cells):
        try:
            lists.append(list_in(cell) if isinstance(cell, str) else cell)
        except ValueError as problem:
            lists.append([])
            faults[place] = f"'{_short(str(cell))}' is {problem}: {HOW}"
    texts = [cell for cell, found in zip(cells, lists, strict=True) if found is None]
    mark = next((mark for mark in SEPARATORS if any(mark in cell for cell in texts)), None)
    parts = [
        found if found is not None else cell.split(mark) if mark else [cell]
        for cell, found in zip(cells, lists, strict=True)
    ]
    labels = [[label.strip() for label in each if tidy(label)] for each in parts]
    for place, why in enumerate(map(_why_no_labels, labels, _are_vectors(labels))):
        if why:
            labels[place], faults[place] = [], f"'{_short(str(cells[place]))}' is {why}: {HOW}"
    return labels, faults


def _why_no_labels(labels: list[str], is_vector: bool) -> str | None:
    if is_vector:
        return "a vector of 0 and 1, which does not name its labels"
    return "a list of other things than labels" if any(map(_is_nested, labels)) else None


def _are_vectors(labels: list[list[str]]) -> list[bool]:
    """Which cells are vectors of 0 and 1, and name no labels: all, or those in which one of the two comes twice."""
    elements = [each[0].split() if len(each) == 1 else each for each in labels]
    only = [{element.lower() for element in each} <= _OF_VECTORS for each in elements]
    lengths = {len(each) for each in elements if each}
    are_all = all(only) and len(lengths) == 1 and lengths != {1}
    return [
        is_only and bool(each) and (are_all or len(set(each)) < len(each))
        for is_only, each in zip(only, elements, strict=True)
    ]


def _is_nested(label: str) -> bool:
    """Whether an element of a JSON list was itself a list or a mapping."""
    if label[:1] not in ("[", "{"):
        return False
    try:
        return isinstance(json.loads(label), list | dict)
    except (ValueError, RecursionError):
        return False


def marked(rows: Sequence[dict], columns: Sequence[str]) -> tuple[list[list[str]], list[str | None]]:
    """The columns that each row marks (`1`, `true`, `yes`, `x`); and why a row neither marks nor denies one of them."""
    found, faults = [], []
    for row in rows:
        cells = {column: str(row[column]).lower() for column in columns}
        strange = next((column for column, cell in cells.items() if cell not in MARKED | UNMARKED), None)
        found.append([column for column, cell in cells.items() if cell in MARKED])
        faults.append(
            None
            if strange is None
            else f"column '{strange}' holds '{_short(str(row[strange]))}', and a column for each tag holds 1, true or "
            "yes where it applies, else 0, false, no or nothing"
        )
    return found, faults


def one_spelling(labels: Iterable[Sequence[str] | str | None]) -> tuple[list, dict[str, str]]:
    """Labels that differ in case, spaces, Unicode's forms or in what nobody sees, in one spelling; what became what.

    Each element is a list of labels; None and strings, which are reasons, stay as they are. The commonest spelling is
    taken. Names of less than three letters stay apart: `Cm` and `CM` are two chords.
    """
    labels = list(labels)
    spellings: dict[str, Counter] = defaultdict(Counter)
    unseen = set()
    for each in labels:
        for label in [] if each is None or isinstance(each, str) else each:
            spellings[_folded(label)][tidy(label)] += 1
            if has_unseen(label):
                unseen.add(label)
    usual = {folded: min(found, key=lambda label: (-found[label], label)) for folded, found in spellings.items()}
    changed = {label: usual[folded] for folded, found in spellings.items() for label in found if label != usual[folded]}
    changed |= {shown(label): usual[_folded(label)] for label in unseen if label != usual[_folded(label)]}
    return [
        each if each is None or isinstance(each, str) else [usual[_folded(label)] for label in each] for each in labels
    ], {shown(label): name for label, name in sorted(changed.items())}


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def _folded(label: str) -> str:
    text = without_joiners(tidy(label))
    return text.casefold() if sum(character.isalpha() for character in text) > 2 else text
