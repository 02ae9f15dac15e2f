"""What a table is made of: cells, columns and rows, with all that a reader is told beside them."""

from dataclasses import dataclass

from soundcheck.scoring.metrics import Metric

INTERVAL = "95 % bootstrap interval over the test tracks"


@dataclass(frozen=True)
class Cell:
    """A number with its bounds, or a text. Numbers are as in the results, never rounded or scaled."""

    value: float | None = None
    low: float | None = None
    high: float | None = None
    drop: float | None = None  # value minus the clean condition's; shown in the place of the bounds
    n: int | None = None
    unit: Metric | None = None
    text: str = ""
    key: str = ""  # the text as an id, for CSV files
    best: bool = False
    tied: bool = False  # not the best, but its interval overlaps the best's
    signed: bool = False
    mark: str = ""  # letter of a note


@dataclass(frozen=True)
class Column:
    """`name` under the spanning header `group`; `key` names the column in CSV files, in ids."""

    name: str
    key: str
    group: str = ""


@dataclass(frozen=True)
class Row:
    """`stub`: the row's names, from the widest group to the row's own. A repeated first name spans its rows.

    `key` holds the same in ids, for CSV files.
    """

    key: tuple[str, ...]
    stub: tuple[str, ...]
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """A table ready to be written in any format."""

    stubs: tuple[str, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    title: str = ""
    subtitle: str = ""
    spread: str = INTERVAL  # what `low` and `high` are; empty without bounds
    bounds: tuple[str, str] = ("low", "high")  # their names in CSV files
    reading: tuple[str, ...] = ()  # how to read it, sentence by sentence
    legend: tuple[tuple[str, str], ...] = ()
    notes: tuple[tuple[str, str], ...] = ()  # (mark or empty, text)
    synthetic: bool = False
    facts: tuple[str, ...] = ()
