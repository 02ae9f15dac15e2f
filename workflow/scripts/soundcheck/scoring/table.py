"""The long table of all scores: its columns, one cell's rows written as CSV, and all cells collected into one file."""

import csv
import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv

from soundcheck import parquet
from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.plumbing.files import atomic

AXES = ("dataset", "task", "split", "deformation", "embedder", "probe")
KEY = (*AXES, "metric", "label", "predicted", "fold", "seed")
NUMBERS = {"value": pa.float64(), "low": pa.float64(), "high": pa.float64(), "seed_std": pa.float64(), "n": pa.int64()}
COLUMNS = (*KEY, *NUMBERS)
SCHEMA = pa.schema([(name, pa.string()) for name in KEY] + list(NUMBERS.items()))
# The fold and the seed of a score that is the mean over all of them.
MEAN = "mean"


def write_scores(rows: list[dict], path: str | Path) -> None:
    """Write score rows as CSV; a number is written so that reading it back gives the same number."""
    with atomic(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def collect(score_paths: Iterable[str | Path], output: str | Path) -> None:
    """Write the rows of all scores files to one Parquet file, sorted by the columns of `KEY`.

    The result depends on the rows alone, not on the order of the files. Raises `ValueError` when there is no file, a
    file is empty or has other columns than a scores file, or two rows share a key.
    """
    paths = sorted(map(Path, score_paths))
    if not paths:
        raise SoundcheckError(
            "There is no scores file to collect. Run `snakemake evaluate` first, or check `experiments:`."
        )
    table = _sorted_by_key(_read_scores(paths))
    _refuse_duplicates(table, paths)
    parquet.write(table, output, {"n_files": len(paths), "n_rows": table.num_rows})


def _read_scores(paths: list[Path]) -> pa.Table:
    # One parse of all rows: parsing thousands of small files one by one takes several times as long.
    header = ",".join(SCHEMA.names).encode()
    rows = []
    for path in paths:
        found, _, body = path.read_bytes().replace(b"\r\n", b"\n").partition(b"\n")
        if found.strip() != header:
            raise SoundcheckError(
                f"{path} is not a scores file: its first line is {found.decode(errors='replace')!r}, expected "
                f"{header.decode()!r}. Delete the file and run again."
            )
        if not body.strip():
            raise SoundcheckError(f"{path} holds no score. Delete the file and run again.")
        rows.append(body if body.endswith(b"\n") else body + b"\n")
    return pyarrow.csv.read_csv(
        io.BytesIO(header + b"\n" + b"".join(rows)),
        convert_options=pyarrow.csv.ConvertOptions(
            column_types=SCHEMA, strings_can_be_null=False, null_values=["", "nan", "NaN"]
        ),
    )


def _sorted_by_key(table: pa.Table) -> pa.Table:
    codes = [_rank(table[name]) for name in KEY]
    return table.take(pa.array(np.lexsort(codes[::-1])))


def _rank(column: pa.ChunkedArray) -> np.ndarray:
    """The position of each value among the sorted distinct values of its column, (n_rows,)."""
    encoded = column.combine_chunks().dictionary_encode()
    order = np.argsort(np.array(encoded.dictionary.to_pylist(), dtype=object), kind="stable")
    position = np.empty(len(order), dtype=np.int32)
    position[order] = np.arange(len(order), dtype=np.int32)
    return position[encoded.indices.to_numpy()]


def _refuse_duplicates(table: pa.Table, paths: list[Path]) -> None:
    codes = np.stack([_rank(table[name]) for name in KEY])
    repeated = np.flatnonzero((codes[:, 1:] == codes[:, :-1]).all(axis=0))
    if not len(repeated):
        return
    row = table.slice(int(repeated[0]), 1).to_pylist()[0]
    key = ", ".join(f"{name} {row[name]}" for name in KEY if row[name])
    axes = [row[name] for name in AXES]
    sources = ", ".join(str(path) for path in paths if _holds(path, axes))
    raise SoundcheckError(
        f"{len(repeated)} scores come twice, the first is ({key}), in {sources}. "
        "Two files must not hold the same cell: delete the one that the configuration does not name."
    )


def _holds(path: Path, axes: list[str]) -> bool:
    with path.open(newline="") as file:
        return any(row[: len(AXES)] == axes for row in csv.reader(file))
