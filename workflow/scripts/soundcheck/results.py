"""All scores of a run in one long table, and one evaluation (dataset, task, split) of it in a shape to present."""

import csv
import io
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from soundcheck import parquet
from soundcheck.errors import SoundcheckError

AXES = ("dataset", "task", "split", "deformation", "embedder", "probe")
KEY = (*AXES, "metric", "label", "predicted", "fold", "seed")
NUMBERS = {"value": pa.float64(), "low": pa.float64(), "high": pa.float64(), "seed_std": pa.float64(), "n": pa.int64()}
SCHEMA = pa.schema([(name, pa.string()) for name in KEY] + list(NUMBERS.items()))
AGGREGATE = "mean"


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
    if table.num_rows < 2:
        return
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


@dataclass(frozen=True)
class Score:
    """One aggregate over seeds and folds; None where the metric was undefined or has no interval."""

    value: float | None
    low: float | None
    high: float | None
    seed_std: float | None
    n: int


@dataclass(frozen=True)
class Evaluation:
    """The scores of one (dataset, task, split)."""

    dataset: str
    task: str
    split: str
    # (metric, deformation, embedder, probe, label) -> Score; label is empty for the global value
    scores: dict[tuple[str, str, str, str, str], Score] = field(default_factory=dict)
    # (deformation, embedder, probe) -> {(true, predicted): count}
    confusion: dict[tuple[str, str, str], dict[tuple[str, str], float]] = field(default_factory=dict)
    # true class -> number of its test items, where confusion was asked for
    class_sizes: dict[str, int] = field(default_factory=dict)
    # probe -> number of seeds
    seeds: dict[str, int] = field(default_factory=dict)
    folds: int = 1

    def score(self, metric: str, deformation: str, embedder: str, probe: str, label: str = "") -> Score | None:
        """The aggregate score of a cell, or None where the cell was not run."""
        return self.scores.get((metric, deformation, embedder, probe, label))

    def labels(self, metric: str) -> list[str]:
        """The sorted names of the labels that `metric` has rows for."""
        return sorted({key[4] for key in self.scores if key[0] == metric and key[4]})


def read_evaluation(path: str | Path, dataset: str, task: str, split: str) -> Evaluation:
    """The scores of one (dataset, task, split) out of `results.parquet`.

    Raises `ValueError`, naming what there is, when the table has no such rows.
    """
    table = pq.read_table(path, filters=[("dataset", "==", dataset), ("task", "==", task), ("split", "==", split)])
    if not table.num_rows:
        there = pq.read_table(path, columns=["dataset", "task", "split"]).group_by(["dataset", "task", "split"])
        known = sorted("/".join(row.values()) for row in there.aggregate([]).to_pylist())
        raise SoundcheckError(f"{path} has no score of {dataset}/{task}/{split}; it has {', '.join(known)}.")
    return evaluation(table.to_pylist(), dataset, task, split)


def evaluation(rows: Iterable[dict], dataset: str, task: str, split: str) -> Evaluation:
    """The same from rows of the long table (dicts with the columns of `SCHEMA`)."""
    scores, confusion, sizes = {}, defaultdict(dict), {}
    seeds, folds = defaultdict(set), set()
    for row in rows:
        cell = (row["deformation"], row["embedder"], row["probe"])
        if row["seed"] != AGGREGATE or row["fold"] != AGGREGATE:
            seeds[row["probe"]].add(row["seed"])
            folds.add(row["fold"])
        elif row["metric"] == "confusion":
            confusion[cell][row["label"], row["predicted"]] = row["value"]
            sizes[row["label"]] = max(row["n"], sizes.get(row["label"], 0))
        else:
            score = Score(row["value"], row["low"], row["high"], row["seed_std"], row["n"])
            scores[(row["metric"], *cell, row["label"])] = score
    return Evaluation(
        dataset,
        task,
        split,
        scores,
        dict(confusion),
        dict(sorted(sizes.items())),
        {probe: len(found - {AGGREGATE}) for probe, found in sorted(seeds.items())},
        max(1, len(folds - {AGGREGATE})),
    )


def usual_n(counts: Iterable[int]) -> int:
    """The number of test items that most cells share; the larger of two that are equally common."""
    common = Counter(counts)
    return max(common, key=lambda n: (common[n], n), default=0)
