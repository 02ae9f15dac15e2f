"""A small run's scores, generated: the shape of real ones, one cell missing and one label left out."""

import csv
from pathlib import Path

import numpy as np

from soundcheck.presenting import tables
from soundcheck.presenting.evaluation import read_evaluation
from soundcheck.presenting.wording import Order
from soundcheck.scoring import table

EMBEDDERS = ["crepe-tiny", "handcrafted-mfcc", "random-tiny"]
PROBES = ["M1", "M2"]
CONDITIONS = ["clean", "AddGaussianSNR-15dB", "AddGaussianSNR-0dB"]
CLASSES = ["bass_clarinet", "cor anglais", "tam-tam & gong, 50 %"]
MISSING = ("AddGaussianSNR-0dB", "handcrafted-mfcc", "M2")
N = 90
TASK = "instrument_classification"
METRICS = ["accuracy", "f1_macro"]
ORDER = Order(CONDITIONS, EMBEDDERS, PROBES)


def write_scores(
    folder: Path,
    embedders=EMBEDDERS,
    probes=PROBES,
    conditions=CONDITIONS,
    classes=CLASSES,
    metrics=("accuracy", "f1_macro"),
    task="instrument_classification",
    missing=MISSING,
    left_out_label="",
    seeds=3,
    fewer_items=None,
) -> list[Path]:
    """Scores files of the dataset `bells`, split `single`, one a cell; their paths.

    `fewer_items`: {(deformation, embedder): n} for cells that were tested on fewer than `N` items.
    """
    paths = []
    for e, embedder in enumerate(embedders):
        for p, probe in enumerate(probes):
            for c, condition in enumerate(conditions):
                if (condition, embedder, probe) == missing:
                    continue
                axes = ["bells", task, "single", condition, embedder, probe]
                generator = np.random.default_rng([e, p, c])
                n = (fewer_items or {}).get((condition, embedder), N)
                level = 0.95 - 0.09 * e - 0.16 * c * (0.4 + 0.2 * e) + 0.01 * p
                rows = _rows(generator, level, classes, metrics, n, seeds, left_out_label)
                path = folder / "/".join(axes[:-1]) / f"{probe}.csv"
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("w", newline="") as file:
                    writer = csv.writer(file, lineterminator="\n")
                    writer.writerow(table.SCHEMA.names)
                    writer.writerows(axes + row for row in rows)
                paths.append(path)
    return paths


def evaluate(folder, **more):
    """The evaluation of scores as `write_scores` writes them."""
    table.collect(write_scores(folder, **more), folder / "results.parquet")
    return read_evaluation(folder / "results.parquet", "bells", more.get("task", TASK), "single")


def evaluate_with_gaps(folder):
    """An evaluation in which also a label is left out, and an embedder was tested on fewer items."""
    return evaluate(folder, left_out_label=CLASSES[1], fewer_items={("clean", "random-tiny"): 87})


def build(evaluation, preset="all_deform_all_models", order=ORDER, metrics=METRICS, **more):
    """A table of an evaluation."""
    return tables.build(evaluation, preset, metrics, order, **more)


def _rows(generator, level, classes, metrics, n, seeds, left_out_label):
    rows = []
    for metric in metrics:
        values = np.clip(level + 0.015 * generator.standard_normal(seeds), 0.02, 0.995)
        mean, std = float(values.mean()), float(values.std(ddof=1)) if seeds > 1 else ""
        half = 1.96 * (mean * (1 - mean) / n) ** 0.5
        rows.append([metric, "", "", "mean", "mean", mean, max(0, mean - half), min(1, mean + 0.9 * half), std, n])
        rows += [[metric, "", "", 0, seed, float(value), "", "", "", n] for seed, value in enumerate(values)]
        if metric == "accuracy":
            continue
        for k, label in enumerate(classes):
            value = float(np.clip(level - 0.05 * (k % 4) + 0.02 * generator.standard_normal(), 0, 1))
            value = "" if label == left_out_label else value
            bounds = [value - 0.05, min(1, value + 0.05)] if value != "" else ["", ""]
            rows.append([metric, label, "", "mean", "mean", value, *bounds, "", n // len(classes)])
    if "accuracy" in metrics:
        share = (1 - level) / (len(classes) - 1)
        for true in classes:
            for predicted in classes:
                count = (n // len(classes)) * (level if true == predicted else share)
                rows.append(["confusion", true, predicted, "mean", "mean", count, "", "", "", n // len(classes)])
    return rows
