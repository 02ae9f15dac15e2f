"""The page of counts: the datasets and how to cite them, and what is in each part of each split."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from soundcheck import parquet
from soundcheck.events import parsed
from soundcheck.plumbing.errors import plural
from soundcheck.plumbing.files import csv_text
from soundcheck.presenting.html import Block, code, definitions, document, folded, heading, listing, paragraph
from soundcheck.presenting.pages import Page
from soundcheck.presenting.wording import words
from soundcheck.tasks import TASK_TYPES

PARTS = ("train", "validation", "test", "left_out")


@dataclass(frozen=True)
class Count:
    """Items of one part of one fold; `label` is empty for all of them."""

    dataset: str
    task: str
    split: str
    fold: int
    part: str
    label: str
    n: int


def page(files: Mapping[str, Any], params: Mapping[str, Any]) -> Page:
    """How many items there are: found, left out, in each part of each fold, in each class; as CSV a `Count` a row.

    Files: `tracks`, `splits`, the tables of those names. Parameters: `seeds`, if any: probe -> its seeds.
    """
    body = [
        paragraph(
            "Counts come from the tables that the scores were computed with, not from a dataset's documentation."
        ),
        heading("Datasets"),
        _datasets(files["tracks"]),
        *_citations(files["tracks"]),
    ]
    rows: list[Count] = []
    for path in sorted(map(str, files["splits"])):
        meta, found = _split_counts(path)
        rows += found
        body += _split_section(meta, found)
        if TASK_TYPES[meta["task_type"]].has_numbers:
            body += _targets(meta, path)
        if TASK_TYPES[meta["task_type"]].has_times:
            body += _events(meta, path)
    if seeds := params.get("seeds"):
        body += [heading("Seeds"), definitions((probe, ", ".join(map(str, each))) for probe, each in seeds.items())]
    columns = [field.name for field in fields(Count)]
    return Page(document("Counts", body), csv_text(columns, map(asdict, rows)))


def _datasets(tracks: Iterable[str | Path]) -> Block:
    rows = []
    for path in sorted(map(str, tracks)):
        meta = parquet.metadata(path)
        rows.append(
            (
                meta["dataset"],
                meta.get("title") or meta["dataset"],
                "synthetic" if meta.get("synthetic") else "recorded",
                meta["n_found"],
                meta["n_left_out"],
                meta["n_found"] - meta["n_left_out"],
                meta.get("licence"),
            )
        )
    return listing(["Dataset", "Title", "Audio", "Found", "Left out", "Usable", "Licence"], rows)


def _citations(tracks: Iterable[str | Path]) -> list[Block]:
    known = [parquet.metadata(path) for path in sorted(map(str, tracks))]
    return [
        folded(f"How to cite {meta.get('title') or meta['dataset']}", code(meta["citation"]))
        for meta in known
        if meta.get("citation")
    ]


def _split_counts(path: str) -> tuple[dict, list[Count]]:
    meta = parquet.metadata(path)
    has_numbers = TASK_TYPES[meta["task_type"]].has_numbers
    tally: Counter = Counter()
    for row in parquet.read(path, ["fold", "part", "label"]).to_pylist():
        tally[row["fold"], row["part"], ""] += 1
        for label in [] if has_numbers else row["label"] or []:
            tally[row["fold"], row["part"], label] += 1
    axes = (meta["dataset"], meta["task"], meta["split"])
    return meta, [Count(*axes, *key, n) for key, n in sorted(tally.items())]


def _groups(by: str | None, overlap: list[str]) -> str:
    if not by:
        return "parts are disjoint by track; no group is known"
    if overlap:
        return f"groups ({by}) that the published split has in two parts: {len(overlap)}"
    return f"no {by} is in two parts"


def _split_section(meta: dict, found: list[Count]) -> list[Block]:
    n = {(count.fold, count.part, count.label): count.n for count in found}
    folds = sorted({count.fold for count in found})
    labels = [label for label in meta["classes"] if label]
    by = meta.get("grouped_by")
    has_numbers = TASK_TYPES[meta["task_type"]].has_numbers
    facts = [
        words(meta["task_type"]),
        plural(len(labels), "target") if has_numbers else plural(len(labels), "class", "classes"),
        _groups(by, meta.get("group_overlap", [])),
        f"seed {meta['seed']}" if meta.get("seed") is not None else "the dataset's own split",
        *([f"sha256 of the parts {meta['sha256']}"] if "sha256" in meta else []),
    ]
    total = [(f"{fold}", *(n.get((fold, part, ""), 0) for part in PARTS)) for fold in folds]
    section = [
        heading(f"{meta['dataset']}: {words(meta['task']).lower()}, split {meta['split']}"),
        paragraph("; ".join(facts) + "."),
        *_spellings(meta.get("spellings") or {}),
        *(paragraph(f"Parts were drawn, but {hint}.") for hint in meta.get("hints") or []),
        listing(["Fold", "Train", "Validation", "Test", "Left out"], total),
    ]
    for fold in folds if not has_numbers else []:
        rows = [(label, *(n.get((fold, part, label), 0) for part in PARTS[:3])) for label in labels]
        name = "Items per class" if len(folds) == 1 else f"Items per class, fold {fold}"
        section.append(folded(name, listing(["Class", "Train", "Validation", "Test"], rows)))
    return section


def _spellings(changed: dict[str, str]) -> list[Block]:
    if not changed:
        return []
    found = "; ".join(f"'{label}' is '{usual}'" for label, usual in changed.items())
    alike = "Labels that differ in case, spaces or unseen characters alone are one class"
    return [paragraph(f"{alike}, in its commonest spelling: {found}.")]


def _events(meta: dict, path: str) -> list[Block]:
    """How many events of each class there are in each part."""
    n: Counter = Counter()
    for row in parquet.read(path, ["fold", "part", "events"]).to_pylist():
        n.update((row["fold"], row["part"], parsed(text).label) for text in row["events"])
    body = []
    folds = sorted({fold for fold, _, _ in n})
    for fold in folds:
        rows = [(label, *(n[fold, part, label] for part in PARTS[:3])) for label in meta["classes"]]
        name = "Events per class" if len(folds) == 1 else f"Events per class, fold {fold}"
        body.append(folded(name, listing(["Class", "Train", "Validation", "Test"], rows)))
    return body


def _targets(meta: dict, path: str) -> list[Block]:
    """What the numbers of a regression are like in each part: lowest, mean and highest of each target."""
    found: dict[tuple, list[float]] = {}
    for row in parquet.read(path, ["fold", "part", "label"]).to_pylist():
        for target, number in zip(meta["classes"], row["label"] or [], strict=False):
            found.setdefault((row["fold"], target, row["part"]), []).append(float(number))
    body = []
    folds = sorted({fold for fold, _, _ in found})
    for fold in folds:
        rows = [
            (target, *(_span(found.get((fold, target, part), [])) for part in PARTS[:3])) for target in meta["classes"]
        ]
        name = "Lowest, mean and highest" if len(folds) == 1 else f"Lowest, mean and highest, fold {fold}"
        body.append(folded(name, listing(["Target", "Train", "Validation", "Test"], rows)))
    return body


def _span(numbers: list[float]) -> str:
    return f"{min(numbers):g}, {sum(numbers) / len(numbers):.5g}, {max(numbers):g}" if numbers else ""
