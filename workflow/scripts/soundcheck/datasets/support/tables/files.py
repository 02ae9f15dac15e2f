"""Files that say which labels audio files have, CSV or JSON lines, and refusals that name their rows."""

import csv
import io
import json
import math
import re
import sys
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from soundcheck.audio.suffixes import AUDIO_SUFFIXES
from soundcheck.datasets.support.characters import tidy
from soundcheck.plumbing.errors import SoundcheckError, several

# Kept beside a row's cells: its number as a spreadsheet shows it. No column can have this name.
ROW = ""
# pandas calls the index that it has written so when it reads it back. It is no column that anybody made.
_NAMELESS = re.compile(r"Unnamed: \d+(_level_\d+)?")


def read(path: Path, known: Collection[str]) -> tuple[list[str], list[dict]]:
    """Column names and rows of a `.csv` or `.jsonl` file; a cell is a `str`, or in JSON a list of them (`list[str]`).

    All is stripped of stray spaces; blank rows are skipped, but count in the rows' numbers, which `ROW` holds. Names of
    `known` columns may be written in capitals. Columns without a name are no columns.

    Raises:
        SoundcheckError: the table cannot be read; with file and row.
    """
    columns, rows = _read_jsonl(path) if path.suffix.lower() == ".jsonl" else _read_csv(path, known)
    columns = [name for name in columns if name and not _NAMELESS.fullmatch(name)]
    return columns, [{name: row[name] for name in (*columns, ROW)} for row in rows]


def _refuse_no_text(path: Path, rows: list[dict]) -> None:
    for row in rows:
        for name, value in row.items():
            for text in [name, *value] if isinstance(value, list) else (name, value):
                fault = _why_no_text(text)
                if fault:
                    raise SoundcheckError(f"{path}, row {row[ROW]}: column '{tidy(name)}' holds {fault}.")


def _why_no_text(text: str) -> str | None:
    if "\0" in text:
        return "a NUL character: the file is damaged, or no text"
    try:
        text.encode()
    except UnicodeEncodeError:
        return f"half a character ({text.encode(errors='backslashreplace').decode()})"
    return None


def _read_csv(path: Path, known: Collection[str]) -> tuple[list[str], list[dict[str, str]]]:
    text, n_above, delimiter = _below_the_top(_text(path), known)
    lines = _records(path, text, delimiter, n_above)
    if not lines:
        raise SoundcheckError(f"{path}: the file is empty.")
    columns = [tidy(name) for name in lines[0][1]]
    columns = [name.lower() if name.lower() in known else name for name in columns]
    repeated = [name for name in dict.fromkeys(columns) if name and columns.count(name) > 1]
    if repeated:
        raise SoundcheckError(f"{path}: the column '{repeated[0]}' appears twice.")
    rows = []
    for number, cells in lines[1:]:
        if not any(cells):
            continue
        while len(cells) > len(columns) and not cells[-1]:
            cells.pop()
        if len(cells) > len(columns):
            raise SoundcheckError(
                f"{path}, row {number}: {len(cells)} cells, but the header has {len(columns)} columns."
            )
        cells += [""] * (len(columns) - len(cells))
        rows.append(dict(zip(columns, cells, strict=True)) | {ROW: str(number)})
    if not rows:
        raise SoundcheckError(f"{path}: a header, but no rows.")
    return columns, rows


def _text(path: Path) -> str:
    data = path.read_bytes()
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as problem:
        row, name = data[: problem.start].count(b"\n") + 1, encoding.removesuffix("-sig").upper()
        raise SoundcheckError(
            f"{path}, row {row}: not readable as {name} text; save it as CSV in UTF-8 (in Excel: 'CSV UTF-8')."
        ) from problem
    if "\0" in text:
        row = text[: text.index("\0")].count("\n") + 1
        raise SoundcheckError(
            f"{path}, row {row}: holds a NUL character, so it is damaged, or no text in UTF-8; save it as CSV in UTF-8 "
            "(in Excel: 'CSV UTF-8')."
        )
    return text


def _below_the_top(text: str, known: Collection[str]) -> tuple[str, int, str]:
    """The table from its header on, how many rows of comments lie above it, and what separates its cells.

    Above the header may stand Excel's `sep=;`, which spreadsheets do not count as a row, and comments, which they do.
    """
    sep = re.match(r'\s*"?sep=(.)"?[^\S\n\r]*(\r\n|\r|\n)', text, flags=re.IGNORECASE)
    text = text[sep.end() :] if sep else text
    n_above = 0
    while text:
        line = re.match(_LINE, text)[0]
        below = text[len(line) :]
        if line.strip() and not line.startswith("#"):
            break
        if _names_columns(line, known) and not _names_columns(re.match(_LINE, below)[0], known):
            text = text.lstrip("# ")
            break
        n_above += 1
        text = below
    header = re.sub(r'"[^"]*"', "", re.split(r"[\n\r]", text, maxsplit=1)[0])
    return text, n_above, sep[1] if sep else max(",;\t", key=header.count)


_LINE = re.compile(r"[^\n\r]*(\r\n|\r|\n|$)")


def _names_columns(line: str, known: Collection[str]) -> bool:
    return not {tidy(name).strip('"').lower() for name in re.split(r"[,;\t#]", line)}.isdisjoint(known)


def _records(path: Path, text: str, delimiter: str, n_above: int) -> list[tuple[int, list[str]]]:
    """The rows' numbers and their stripped cells, blank rows left away."""
    # Lyrics or features in a cell may be longer than what the module takes without being asked.
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    lines = list(io.StringIO(text, newline=""))
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    found: list[tuple[int, list[str]]] = []
    number, begin = n_above, 0
    try:
        for cells in reader:
            number += 1
            _refuse_swallowed(path, number, cells, delimiter, found)
            begin = reader.line_num
            if any(cells):
                found.append((number, [cell.strip() for cell in cells]))
    except csv.Error as problem:
        line = lines[min(begin, len(lines) - 1)].strip()
        raise SoundcheckError(
            f"{path}, row {number + 1}: a quotation mark opens a cell, and none closes it where the cell ends "
            f'({line[:60]!r}). Write a mark that belongs to the text twice, in a cell in marks ("""Heroes"" live"), '
            "or remove it."
        ) from problem
    return found


def _refuse_swallowed(path: Path, number: int, cells: list[str], delimiter: str, above: list) -> None:
    """Refuse a cell that holds what looks like whole rows: a stray quotation mark before it has swallowed them."""
    for cell in cells:
        if "\n" not in cell and "\r" not in cell:
            continue
        n_columns = len(above[0][1]) if above else len(cells)
        has_files = any(map(is_audio, (above[1] if len(above) > 1 else (0, cells))[1]))
        for line in cell.splitlines()[1:]:
            inside = line.split(delimiter)
            is_row = any(map(is_audio, inside)) if has_files else len(inside) == n_columns
            if len(inside) > 1 and is_row:
                raise SoundcheckError(
                    f"{path}, row {number}: a cell that begins with a quotation mark holds what looks like further "
                    f"rows ({line[:60]!r}). Is the mark part of the text? Then write it twice, in a cell in marks, or "
                    "remove it."
                )


def is_audio(cell: object) -> bool:
    """Whether a cell looks like the path of an audio file."""
    return isinstance(cell, str) and PurePosixPath(cell.strip().replace("\\", "/")).suffix.lower() in AUDIO_SUFFIXES


def _read_jsonl(path: Path) -> tuple[list[str], list[dict]]:
    rows = []
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError as problem:
        raise SoundcheckError(f"{path}: not readable as UTF-8 text ({problem}).") from problem
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line, object_pairs_hook=_object)
        except (json.JSONDecodeError, RecursionError) as problem:
            raise SoundcheckError(f"{path}, row {number}: not readable as JSON ({problem}).") from problem
        except KeyError as problem:
            raise SoundcheckError(f"{path}, row {number}: {problem} is there twice.") from problem
        if not isinstance(found, dict):
            raise SoundcheckError(f"{path}, row {number}: not a JSON object.")
        rows.append({name: _cell(value) for name, value in found.items()} | {ROW: str(number)})
    if not rows:
        raise SoundcheckError(f"{path}: the file is empty.")
    _refuse_no_text(path, rows)
    columns = list(dict.fromkeys(name for row in rows for name in row if name))
    return columns, [dict.fromkeys(columns, "") | row for row in rows]


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if tidy(name) in found:
            raise KeyError(tidy(name))
        found[tidy(name)] = value
    return found


def _cell(value: object) -> str | list[str]:
    if isinstance(value, list):
        return [str(_cell(each)) if not isinstance(each, list | dict) else json.dumps(each) for each in value]
    # pandas and json write NaN for what is not there.
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def refuse_duplicates(path: Path, column: str, values: list[str], rows: list[dict]) -> None:
    """Raise SoundcheckError, naming the rows, where two rows have the same value."""
    numbers = defaultdict(list)
    for value, row in zip(values, rows, strict=True):
        numbers[value].append(row[ROW])
    twice = {value: found for value, found in numbers.items() if len(found) > 1}
    if twice:
        value, found = next(iter(twice.items()))
        more = f", and {len(twice) - 1} more such values" if len(twice) > 1 else ""
        raise SoundcheckError(
            f"{path}, rows {several(found)}: the same {column} '{value}'{more}. Each row is one track; several "
            "labels of a track go into one row, separated by bars, in a column 'labels'."
        )


def refuse_rows(path: Path, fault: str, indices: list[int], rows: list[dict]) -> None:
    """Raise SoundcheckError where there are rows with a fault, naming them."""
    if indices:
        raise SoundcheckError(f"{path}, rows {several(rows[i][ROW] for i in indices)}: {fault}.")
