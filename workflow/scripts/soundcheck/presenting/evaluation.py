"""One evaluation (dataset, task, split) out of the long table of scores, in a shape to present."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow.parquet as pq

from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.scoring.table import MEAN


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
    """The same from rows of the long table (dicts with the columns of the long table)."""
    scores, confusion, sizes = {}, defaultdict(dict), {}
    seeds, folds = defaultdict(set), set()
    for row in rows:
        cell = (row["deformation"], row["embedder"], row["probe"])
        if row["seed"] != MEAN or row["fold"] != MEAN:
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
        {probe: len(found - {MEAN}) for probe, found in sorted(seeds.items())},
        max(1, len(folds - {MEAN})),
    )


def usual_n(counts: Iterable[int]) -> int:
    """The number of test items that most cells share; the larger of two that are equally common."""
    common = Counter(counts)
    return max(common, key=lambda n: (common[n], n), default=0)
