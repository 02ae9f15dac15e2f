"""The page of everything that was left out, with the reason."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from soundcheck import parquet
from soundcheck.plumbing.errors import plural
from soundcheck.plumbing.files import csv_text, read_rows
from soundcheck.presenting.html import Block, document, folded, heading, listing, paragraph
from soundcheck.presenting.pages import Page
from soundcheck.presenting.wording import sentence_list, words


@dataclass(frozen=True)
class LeftOut:
    """One item that some number does not stand on; the axes that do not apply are empty."""

    where: str
    dataset: str
    task: str
    split: str
    deformation: str
    embedder: str
    item: str
    reason: str


STAGES = {
    "index": "When the dataset was indexed",
    "split": "When the split was made",
    "label": "Labels left out of a task",
    "audio": "When audio was deformed and embedded",
    "cell": "Cells of the matrix that were not run",
}


def page(files: Mapping[str, Any], params: Mapping[str, Any]) -> Page:
    """Everything that was left out, with its reason; as CSV a `LeftOut` a row.

    Files: `tracks`, `splits`, `audio`, the tables of those names. Parameters: `cells`, {dataset, deformation, embedder}
    of each audio table; `pruned`, if any: dicts with the axes of a cell that was not run and its `reason`.
    """
    not_drawn = _not_drawn(files["splits"])
    rows = [
        *_left_out_of_tracks(files["tracks"]),
        *_left_out_of_splits(files["splits"]),
        *_left_out_of_audio(zip(params["cells"], files["audio"], strict=True)),
        *_pruned(params.get("pruned", ())),
    ]
    body = [paragraph("Bad audio never stops a run and never vanishes. Every item that a number lacks is here.")]
    if not rows:
        body.append(paragraph("Nothing was left out: every item that was found is in every number.", css=""))
    for stage, title in STAGES.items():
        found = [row for row in rows if row.where == stage]
        if found:
            body += [heading(title), _by_reason(found), *_each([row for row in found if _key(row) not in not_drawn])]
    n = sum(_key(row) not in not_drawn for row in rows)
    facts = [plural(n, "entry", "entries")]
    if n < len(rows):
        facts.append(f"{plural(len(rows) - n, 'track')} not in a sample")
    html = document("Left out", body, facts=facts)
    return Page(html, csv_text([field.name for field in fields(LeftOut)], map(asdict, rows)))


def _not_drawn(paths: Iterable[str | Path]) -> set[tuple[str, ...]]:
    """Splits of which only a sample takes part, with the reason of the others: nobody reads these one by one."""
    known = (parquet.metadata(path) for path in map(str, paths))
    keys = ("dataset", "task", "split", "not_drawn")
    return {tuple(meta[key] for key in keys) for meta in known if meta.get("not_drawn")}


def _key(row: LeftOut) -> tuple[str, ...]:
    return row.dataset, row.task, row.split, row.reason


def _left_out_of_tracks(paths: Iterable[str | Path]) -> list[LeftOut]:
    rows = []
    for path in sorted(map(str, paths)):
        dataset = parquet.metadata(path)["dataset"]
        for row in parquet.read(path, ["track_id", "left_out"]).to_pylist():
            if row["left_out"]:
                rows.append(LeftOut("index", dataset, "", "", "", "", row["track_id"], row["left_out"]))
    return rows


def _left_out_of_splits(paths: Iterable[str | Path]) -> list[LeftOut]:
    rows = []
    for path in sorted(map(str, paths)):
        meta = parquet.metadata(path)
        axes = (meta["dataset"], meta["task"], meta["split"])
        table = parquet.read(path, ["track_id", "part", "reason"]).to_pylist()
        reasons = {row["track_id"]: row["reason"] or "no reason given" for row in table if row["part"] == "left_out"}
        rows += [LeftOut("split", *axes, "", "", track, reason) for track, reason in sorted(reasons.items())]
        labels = sorted((meta.get("left_out_labels") or {}).items())
        rows += [LeftOut("label", *axes, "", "", label, reason) for label, reason in labels]
    return rows


def _left_out_of_audio(audio: Iterable[tuple[dict[str, str], str | Path]]) -> list[LeftOut]:
    rows = []
    for axes, path in audio:
        for row in read_rows(path):
            if row["left_out"]:
                cell = (axes["dataset"], "", "", axes["deformation"], axes["embedder"])
                rows.append(LeftOut("audio", *cell, row["track_id"], row["left_out"]))
    return rows


def _pruned(cells: Iterable[dict[str, str]]) -> list[LeftOut]:
    axes = ("dataset", "task", "split", "deformation", "embedder")
    return [LeftOut("cell", *(cell.get(a, "") for a in axes), cell.get("probe", ""), cell["reason"]) for cell in cells]


def _by_reason(rows: list[LeftOut]) -> Block:
    grouped = defaultdict(list)
    for row in rows:
        grouped[row.dataset, row.reason].append(row)
    header = ["Dataset", "Reason", "Items" if rows[0].where != "cell" else "Cells", "Where"]
    return listing(
        header,
        (
            (
                dataset,
                reason,
                len({(row.item, row.task) for row in found} if found[0].where != "cell" else found),
                where,
            )
            for (dataset, reason), found in sorted(grouped.items())
            for where in [_extent(found)]
        ),
    )


def _extent(rows: list[LeftOut]) -> str:
    tasks = sorted({words(row.task).lower() for row in rows if row.task})
    cells = sorted({(row.deformation, row.embedder) for row in rows if row.embedder and row.deformation})
    parts = [sentence_list(tasks)] if tasks else []
    if cells:
        parts.append(" × ".join(cells[0]) if len(cells) == 1 else f"{len(cells)} pairs of condition and embedder")
    return "; ".join(parts)


def _each(rows: list[LeftOut]) -> list[Block]:
    if not rows:
        return []
    header = [
        name
        for name in ("item", "dataset", "task", "split", "deformation", "embedder", "reason")
        if any(getattr(row, name) for row in rows)
    ]
    names = {"item": "Probe" if rows[0].where == "cell" else "Label" if rows[0].where == "label" else "Track"}
    table = listing(
        [names.get(name, name.capitalize()) for name in header],
        ([getattr(row, name) for name in header] for row in rows),
    )
    return [folded(f"One by one: {plural(len(rows), 'entry', 'entries')}", table)]
