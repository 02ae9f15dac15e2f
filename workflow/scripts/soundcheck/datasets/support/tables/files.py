"""Files that say which labels audio files have, CSV or JSON lines, and refusals that name their rows."""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Collection
from pathlib import Path

from soundcheck.plumbing.errors import SoundcheckError, several

# Kept beside a row's cells: its number as a spreadsheet shows it. No column can have this name.
ROW = ""


def read(path: Path, known: Collection[str]) -> tuple[list[str], list[dict]]:
    """Column names and rows of a `.csv` or `.jsonl` file; a cell is a `str`, or in JSON a list of them (`list[str]`).

    All is stripped of stray spaces; blank rows are skipped, but count in the rows' numbers, which `ROW` holds. Names of
    `known` columns may be written in capitals. Raises SoundcheckError, naming file and row.
    """
    return _read_jsonl(path) if path.suffix.lower() == ".jsonl" else _read_csv(path, known)


def _read_csv(path: Path, known: Collection[str]) -> tuple[list[str], list[dict[str, str]]]:
    data = path.read_bytes()
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as problem:
        row, name = data[: problem.start].count(b"\n") + 1, encoding.removesuffix("-sig").upper()
        raise SoundcheckError(
            f"{path}, row {row}: not readable as {name} text; save it as CSV in UTF-8 (in Excel: 'CSV UTF-8')."
        ) from problem
    header = text.lstrip().split("\n", 1)[0]
    delimiter = max(",;\t", key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    lines = [(number, [cell.strip() for cell in cells]) for number, cells in enumerate(reader, start=1) if any(cells)]
    if not lines:
        raise SoundcheckError(f"{path}: the file is empty.")
    columns = lines[0][1]
    columns = [name.lower() if name.lower() in known else name for name in columns]
    repeated = [name for name in dict.fromkeys(columns) if name and columns.count(name) > 1]
    if repeated:
        raise SoundcheckError(f"{path}: the column '{repeated[0]}' is there twice.")
    rows = []
    for number, cells in lines[1:]:
        if not any(cells):
            continue
        if len(cells) > len(columns):
            raise SoundcheckError(
                f"{path}, row {number}: {len(cells)} cells, but the header has {len(columns)} columns."
            )
        cells += [""] * (len(columns) - len(cells))
        rows.append(dict(zip(columns, cells, strict=True)) | {ROW: str(number)})
    if not rows:
        raise SoundcheckError(f"{path}: a header, but no rows.")
    return [name for name in columns if name], rows


def _read_jsonl(path: Path) -> tuple[list[str], list[dict]]:
    rows = []
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError as problem:
        raise SoundcheckError(f"{path}: not readable as UTF-8 text ({problem}).") from problem
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            found = json.loads(line)
        except json.JSONDecodeError as problem:
            raise SoundcheckError(f"{path}, row {number}: not readable as JSON ({problem}).") from problem
        if not isinstance(found, dict):
            raise SoundcheckError(f"{path}, row {number}: not a JSON object.")
        rows.append({name.strip(): _cell(value) for name, value in found.items()} | {ROW: str(number)})
    if not rows:
        raise SoundcheckError(f"{path}: the file is empty.")
    columns = list(dict.fromkeys(name for row in rows for name in row if name))
    return columns, [dict.fromkeys(columns, "") | row for row in rows]


def _cell(value: object) -> str | list[str]:
    if isinstance(value, list):
        return [_cell(each) if not isinstance(each, list | dict) else json.dumps(each) for each in value]
    if value is None:
        return ""
    return value.strip() if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def refuse_duplicates(path: Path, column: str, values: list[str], rows: list[dict]) -> None:
    numbers = defaultdict(list)
    for value, row in zip(values, rows, strict=True):
        numbers[value].append(row[ROW])
    twice = {value: found for value, found in numbers.items() if len(found) > 1}
    if twice:
        value, found = next(iter(twice.items()))
        more = f", and {len(twice) - 1} more such values" if len(twice) > 1 else ""
        raise SoundcheckError(
            f"{path}, rows {several(found)}: the same {column} '{value}'{more}. Each row is one track; several "
            "labels of one stand in one row, separated by bars, in a column 'labels'."
        )


def refuse_rows(path: Path, fault: str, indices: list[int], rows: list[dict]) -> None:
    if indices:
        raise SoundcheckError(f"{path}, rows {several(rows[i][ROW] for i in indices)}: {fault}.")
