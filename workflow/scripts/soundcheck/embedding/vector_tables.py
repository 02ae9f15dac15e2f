"""Tables of vectors that were made elsewhere: which of their columns are values, and the rows of each track.

Values are all columns but `track_id`, `time_s` and the index of the program that wrote the table: columns without a
name, `Unnamed: 0`, what pandas marks as its index, and any column that only counts the rows. A column that is called
like a fact of a track (`label`, `fold`, …) stops the job, unless `columns` names it. A condition's columns are in the
order of those of `clean`.
"""

import csv
import re
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions, read_csv

from soundcheck import parquet
from soundcheck.plumbing.errors import SoundcheckError, described, nearest, plural, several

SUFFIXES = (".csv", ".parquet")
KEYS = ("track_id", "time_s")
LISTS = "embedding"
EVERY = ("*",)
# Names of what is known of a track or a row. Of counters, those that really count are passed over.
_FACT = re.compile(
    "labels?|class(es)?|targets?|category|categories|tags?|genre|folds?|splits?|(sub)?set|part(ition)?|groups?|artist|album|"
    "song|speaker|singer|instrument|seed|year|start|end|onset|offset|time|duration(_s)?|sample_rate|sr|n_frames"
)
_COUNTER = re.compile("frame|window|ids?|idx|index|level_0|row|(row_)?number")


@dataclass(frozen=True)
class VectorTable:
    """The rows of each track; the values `(n_rows, dim)` and times (s) of all rows; columns that are values, or not."""

    rows: dict[str, list[int]]
    values: np.ndarray
    times_s: np.ndarray | None
    taken: tuple[str, ...]
    left: tuple[str, ...]

    def of_track(self, track_id: str) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
        """The values `(n, dim)` of a track's rows; with their times (s), if the table has times."""
        numbers = self.rows[track_id]
        return self.values[numbers] if self.times_s is None else (self.values[numbers], self.times_s[numbers])


def read(place: Path, columns: Sequence[str] = EVERY, order: Path | None = None, owner: str = "") -> VectorTable:
    """The table in a CSV or Parquet file; `columns` are names of its values, or patterns of names such as `v*`.

    Where a table `order` is given, the values are in the order of its columns.

    Raises:
        SoundcheckError: the file is no such table, or it is not plain which of its columns are values.
    """
    owner = f"{owner}{place}"
    try:
        names, index = _header(place)
        places = {name: at for at, name in enumerate(_header(order)[0])} if order else None
    except Exception as error:
        raise SoundcheckError(f"{owner} cannot be read: {described(error)}") from error
    _check_names(names, index, owner)
    if places is not None:
        names.sort(key=lambda name: places.get(name, len(places)))
    exact = {name for name in map(str, columns) if name in names}
    if LISTS in names and not exact and tuple(columns) == EVERY:
        chosen = [LISTS]
    else:
        chosen = _chosen(names, index, [str(name) for name in columns], owner)
    foreign = [name for name in chosen if places is not None and name not in places]
    if foreign:
        raise SoundcheckError(
            f"{owner} has the column {foreign[0]!r}, which {order} has not: both must have the same values"
        )
    table = _table(place, [*(key for key in KEYS if key in names), *chosen], owner)
    rows: dict[str, list[int]] = {}
    for row, track_id in enumerate(table["track_id"].to_pylist()):
        rows.setdefault(str(track_id), []).append(row)
    taken, values = _values(table, chosen, exact, rows, owner)
    left = tuple(name for name in names if name not in (*KEYS, *taken))
    return VectorTable(rows, values, _times_s(table, owner), tuple(taken), left)


# --- which columns --------------------------------------------------------------------------------------------------


def _header(place: Path) -> tuple[list[str], set[str]]:
    """The names of the columns, and those that are the index of the program that wrote them."""
    if place.suffix == ".parquet":
        schema = pq.read_schema(place)
        marked = (schema.pandas_metadata or {}).get("index_columns", [])
        return schema.names, {name for name in marked if isinstance(name, str)} - set(KEYS)
    names = [name.strip() for name in _first_row(place)[0]]
    named = [name or f"column {at} (without a name)" for at, name in enumerate(names, 1)]
    return named, {name for name, own in zip(named, names, strict=True) if not own}


def _first_row(place: Path) -> tuple[list[str], str]:
    """The cells of the first row of a CSV file, and what separates them."""
    with place.open(newline="", encoding="utf-8-sig") as file:
        line = file.readline()
    rows = {mark: next(csv.reader([line], delimiter=mark), []) for mark in (",", ";", "\t")}
    mark = next((mark for mark, row in rows.items() if "track_id" in map(str.strip, row)), ",")
    return rows[mark], mark


def _check_names(names: list[str], index: set[str], owner: str) -> None:
    if "track_id" not in names:
        hint = (
            "; where the ids are the index of a table of pandas, write it with `table.rename_axis('track_id')`"
            if index or any(map(_is_nameless, names))
            else ""
        )
        raise SoundcheckError(f"{owner} has no column 'track_id'{nearest('track_id', names[:20])}{hint}")
    twice = sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    if twice:
        raise SoundcheckError(f"{owner} has the column {twice[0]!r} twice; rename one of them")


def _chosen(names: list[str], index: set[str], columns: list[str], owner: str) -> list[str]:
    """The columns that may be values, in the order of the table or, where they are named, of `columns`."""
    able = [name for name in names if name not in index and name not in KEYS and not _is_nameless(name)]
    chosen: dict[str, bool] = {}
    for wanted in columns:
        is_name = wanted in names and wanted not in KEYS
        found = [wanted] if is_name else [name for name in able if fnmatchcase(name, wanted)]
        if not found and wanted != "*":
            raise SoundcheckError(f"{owner} has no column {wanted!r}, named by `columns`{nearest(wanted, able[:20])}")
        chosen |= {name: chosen.get(name, False) or is_name for name in found}
    unnamed = [name for name, is_named in chosen.items() if not is_named]
    _refuse_facts([name for name in unnamed if not _COUNTER.fullmatch(_folded(name))], list(chosen), owner)
    return list(chosen)


def _refuse_facts(names: list[str], chosen: list[str], owner: str) -> None:
    # The truth of many tables; but one of the axes where all are single letters.
    also = {"y"} if any(len(name) > 1 for name in chosen) else set()
    facts = [name for name in names if _is_fact(name) or name.lower() in also]
    if facts:
        others = [name for name in chosen if name not in facts]
        raise SoundcheckError(
            f"{owner}: {several(facts)} {'is' if len(facts) == 1 else 'are'} called like what is known of a track, and "
            f"not like {'a value' if len(facts) == 1 else 'values'} of its vector: say which columns are its values, "
            f"`columns: {_example(others or facts)}`, or remove the others from the table"
        )


def _is_nameless(name: str) -> bool:
    return not name.strip() or bool(re.fullmatch(r"Unnamed: \d+(_level_\d+)?|__index_level_\d+__", name))


def _is_fact(name: str) -> bool:
    plain = re.sub("_(id|ids|idx|index|name|code)$", "", _folded(name))
    return bool(_FACT.fullmatch(plain) or _COUNTER.fullmatch(plain))


def _folded(name: str) -> str:
    return re.sub(r"[\s-]+", "_", name.strip().lower())


def _example(names: list[str]) -> str:
    first, last = min(names), max(names)
    shared = next((first[:n] for n in range(len(first), 0, -1) if last.startswith(first[:n])), "")
    return f"['{shared}*']" if shared and len(names) > 1 else f"[{', '.join(names[:3])}{', …' * (len(names) > 3)}]"


# --- their values ---------------------------------------------------------------------------------------------------


def _table(place: Path, wanted: list[str], owner: str) -> pa.Table:
    names = _header(place)[0]
    try:
        if place.suffix == ".parquet":
            return parquet.read(place, columns=wanted)
        # Not guessed from the first rows: ids may look like numbers, and numbers like whole ones.
        types = dict.fromkeys(wanted, pa.float64()) | {"track_id": pa.string()}
        mark = _first_row(place)[1]
        try:
            return _read_csv(place, names, types, mark, ".")
        except pa.ArrowInvalid:
            if mark != ";":
                raise
            # As a spreadsheet writes it where numbers have a decimal comma.
            return _read_csv(place, names, types, mark, ",")
    except pa.ArrowInvalid as error:
        found = re.search(r"column #(\d+):.*?invalid value '(.*?)'", " ".join(str(error).split()))
        if not found:
            raise SoundcheckError(f"{owner} cannot be read: {described(error)}") from error
        name = names[int(found[1])]
        raise SoundcheckError(
            f"{owner}: the column {name!r} holds {found[2]!r}, which is no number; if it is no value of the vectors, "
            f"say which columns are: `columns: {_example([other for other in wanted if other not in (name, *KEYS)])}`"
        ) from error
    except Exception as error:
        raise SoundcheckError(f"{owner} cannot be read: {described(error)}") from error


def _read_csv(place: Path, names: list[str], types: dict, mark: str, decimal_point: str) -> pa.Table:
    return read_csv(
        place,
        read_options=ReadOptions(column_names=names, skip_rows=1),
        parse_options=ParseOptions(delimiter=mark),
        convert_options=ConvertOptions(column_types=types, include_columns=[*types], decimal_point=decimal_point),
    )


def _times_s(table: pa.Table, owner: str) -> np.ndarray | None:
    if "time_s" not in table.column_names:
        return None
    kind = table.schema.field("time_s").type
    if not (pa.types.is_floating(kind) or pa.types.is_integer(kind)):
        raise SoundcheckError(f"{owner}: the column 'time_s' is {kind}; it must be numbers, in seconds")
    return table["time_s"].cast(pa.float64()).to_numpy()


def _values(
    table: pa.Table, names: list[str], exact: set[str], rows: dict[str, list[int]], owner: str
) -> tuple[list[str], np.ndarray]:
    """The columns that are values, and the values of all rows, `(n_rows, dim)`."""
    if len(names) == 1 and _is_list(table.schema.field(names[0]).type):
        return names, _of_lists(table[names[0]].combine_chunks(), names[0], owner)
    for name in names:
        kind = table.schema.field(name).type
        if not (pa.types.is_floating(kind) or pa.types.is_integer(kind) or pa.types.is_boolean(kind)):
            others = [other for other in names if other != name]
            hint = [name] if _is_list(kind) else others
            raise SoundcheckError(
                f"{owner}: the column {name!r} is {kind}, no number; say which columns are the values: "
                f"`columns: {_example(hint or names)}`"
            )
    arrays = {name: table[name].to_numpy() for name in names}
    taken = [name for name, values in arrays.items() if name in exact or not _counts(values, rows)]
    if not taken:
        raise SoundcheckError(f"{owner} has no columns of values beside track_id")
    _refuse_facts([name for name in taken if name not in exact], taken, owner)
    return taken, np.column_stack([arrays[name] for name in taken])


def _is_list(kind: pa.DataType) -> bool:
    return pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind)


def _of_lists(lists: pa.Array, name: str, owner: str) -> np.ndarray:
    lengths = pc.unique(pc.list_value_length(lists)).to_pylist()
    if len(lengths) > 1:
        raise SoundcheckError(f"{owner}: the lists in {name!r} differ in length: {sorted(map(str, lengths))}")
    return lists.flatten().to_numpy(zero_copy_only=False).reshape(len(lists), -1)


def _counts(values: np.ndarray, rows: dict[str, list[int]]) -> bool:
    """Whether a column only counts the rows, of the table or of each track, from 0 or 1."""
    n_rows = len(values)
    if n_rows < 3 or values.dtype == bool:
        return False
    order = np.arange(n_rows)
    if any(np.array_equal(values, order + first) for first in (0, 1)):
        return True
    if max(map(len, rows.values())) < 3:
        return False
    within = np.empty(n_rows)
    for numbers in rows.values():
        within[numbers] = np.arange(len(numbers))
    return any(np.array_equal(values, within + first) for first in (0, 1))


def summary(table: VectorTable) -> dict[str, str]:
    """Which columns were taken as values, and which were not, in words for the log and for the facts of a file."""
    taken = several(table.taken, 4) + f" ({plural(len(table.taken), 'column')})"
    return {"columns": taken, "columns_left_out": ", ".join(table.left)}
