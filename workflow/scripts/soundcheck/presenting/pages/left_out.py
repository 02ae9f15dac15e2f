"""The page of everything that was left out, with the reason."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from soundcheck import parquet
from soundcheck.plumbing.errors import plural
from soundcheck.plumbing.files import read_rows
from soundcheck.presenting.html import document, folded, heading, listing, paragraph
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


def left_out(
    tracks: Iterable[str | Path],
    splits: Iterable[str | Path],
    audio: Iterable[tuple[dict[str, str], str | Path]],
    pruned: Iterable[dict[str, str]] = (),
) -> tuple[str, list[LeftOut]]:
    """Everything that was left out, with its reason.

    `audio`: ({dataset, deformation, embedder}, path of the audio table) of each cell; `pruned`: dicts with the axes
    of a cell that was not run and its `reason`.
    """
    rows = [
        *_left_out_of_tracks(tracks),
        *_left_out_of_splits(splits),
        *_left_out_of_audio(audio),
        *_pruned(pruned),
    ]
    body = [paragraph("Bad audio never stops a run and never vanishes. Every item that a number lacks is here.")]
    if not rows:
        body.append("<p>Nothing was left out: every item that was found is in every number.</p>")
    for stage, title in STAGES.items():
        found = [row for row in rows if row.where == stage]
        if found:
            body += [heading(title), _by_reason(found), *_each(found)]
    return document("Left out", "\n".join(body), facts=[plural(len(rows), "entry", "entries")]), rows


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


def _by_reason(rows: list[LeftOut]) -> str:
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


def _each(rows: list[LeftOut]) -> list[str]:
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
