"""How far apart are two runs of one configuration: of two versions, on two processors, with other settings?

python benchmarks/compare_runs.py results/one results/other

For each kind of file: how many are equal byte for byte, and the largest difference of a number in those that are not.
Embeddings are compared relative to the largest value of their file; scores as fractions, so 0.001 is 0.1 %.
"""

import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute

from soundcheck import parquet

FOLDERS = ("tracks", "splits", "embeddings", "probes", "predictions", "scores", "tables")


def main(one: Path, other: Path) -> None:
    print("| files | in both | equal bytes | largest difference | only in one |\n|---|---:|---:|---:|---:|")
    for folder in FOLDERS:
        paths, others = _files(one / folder), _files(other / folder)
        both = sorted(paths & others)
        different = [
            path for path in both if (one / folder / path).read_bytes() != (other / folder / path).read_bytes()
        ]
        largest: dict[str, float] = defaultdict(float)
        for path in different:
            kind, difference = _difference(one / folder / path, other / folder / path)
            largest[kind] = max(largest[kind], difference)
        said = ", ".join(f"{kind} {value:.2g}" for kind, value in sorted(largest.items())) or "none"
        print(f"| {folder} | {len(both)} | {len(both) - len(different)} | {said} | {len(paths ^ others)} |")


def _files(folder: Path) -> set[Path]:
    """The files below a folder that hold results: not TensorBoard's events, which hold times."""
    return {
        path.relative_to(folder)
        for path in folder.rglob("*")
        if path.is_file() and not path.name.startswith(("events.", "."))
    }


def _difference(one: Path, other: Path) -> tuple[str, float]:
    """What kind of number differs in two files, and the largest difference; infinite where more than numbers does."""
    readers: dict[str, Callable] = {".parquet": _of_tables, ".npz": _of_arrays, ".csv": _of_texts}
    return readers.get(one.suffix, lambda *paths: (one.suffix, float("inf")))(one, other)


def _of_tables(one: Path, other: Path) -> tuple[str, float]:
    tables = [parquet.read(path) for path in (one, other)]
    largest, kind = 0.0, "metadata"
    for name in tables[0].column_names:
        columns = [table.column(name).combine_chunks() for table in tables]
        if columns[0].equals(columns[1]):
            continue
        values = [_numbers(column) for column in columns]
        if values[0] is None or values[0].shape != values[1].shape:
            return name, float("inf")
        scale = np.abs(values[0]).max() if name == "embedding" else 1.0
        difference = float(np.nanmax(np.abs(values[0] - values[1]))) / float(scale)
        largest, kind = max((largest, kind), (difference, name))
    return kind, largest


def _numbers(column: pa.Array) -> np.ndarray | None:
    while pa.types.is_list(column.type) or pa.types.is_fixed_size_list(column.type):
        column = column.flatten()
    return column.to_numpy(zero_copy_only=False).astype(float) if pa.types.is_floating(column.type) else None


def _of_arrays(one: Path, other: Path) -> tuple[str, float]:
    with np.load(one) as first, np.load(other) as second:
        if first.files != second.files:
            return "weights", float("inf")
        pairs = [(first[name], second[name]) for name in first.files if first[name].dtype.kind == "f"]
    if any(a.shape != b.shape for a, b in pairs):
        return "weights", float("inf")
    return "weights", max(float(np.abs(a - b).max(initial=0)) for a, b in pairs)


def _of_texts(one: Path, other: Path) -> tuple[str, float]:
    first, second = (pd.read_csv(path) for path in (one, other))
    if list(first.columns) != list(second.columns) or len(first) != len(second):
        return "rows", float("inf")
    largest, kind = 0.0, "text"
    for name in first.columns[[first[name].dtype.kind == "f" for name in first.columns]]:
        difference = float((first[name] - second[name]).abs().max())
        largest, kind = max((largest, kind), (difference, name))
    return kind, largest


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
