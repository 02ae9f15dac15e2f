"""What is wrong with a table of tracks as soon as one looks at it: told before the first job, so it imports little."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from soundcheck.datasets.support.tables import files
from soundcheck.datasets.support.tables.columns import COLUMNS, PATHS, label_columns
from soundcheck.plumbing.errors import SoundcheckError


def wrong_tables(options: Iterable[Mapping]) -> Iterator[str]:
    """What is wrong with the tables that options of datasets name: not readable, or without a column of `label`."""
    for each in options:
        if each.get("csv"):
            try:
                check(Path(each["csv"]), each.get("label", ""))
            except SoundcheckError as error:
                yield str(error)


def check(path: Path, label: str | Sequence[str]) -> None:
    """Check that a table can be read and has the columns that `label` names.

    Raises:
        SoundcheckError: it cannot be, or has not; with file and row.
    """
    columns, _ = files.read(path, (*COLUMNS, *PATHS))
    if label:
        label_columns(path, columns, label)
