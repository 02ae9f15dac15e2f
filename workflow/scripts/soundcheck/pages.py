"""The report's items that are not results: what was run, on what, with which versions, and what was left out.

Each function returns a self-contained HTML page; `counts` and `left_out` also return their rows, for CSV files.
"""

import csv
import io
import math
import os
import platform
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from html import escape
from importlib import metadata as distributions
from itertools import groupby
from pathlib import Path
from statistics import median

import yaml

from soundcheck import __version__, parquet
from soundcheck.display import MINUS, plural, sentence_list, words
from soundcheck.document import definitions, document, folded, heading, listing, paragraph

PACKAGES = (
    "audiomentations",
    "librosa",
    "matplotlib",
    "mir_eval",
    "numpy",
    "pandas",
    "pyarrow",
    "scikit-learn",
    "scipy",
    "snakemake",
    "soundfile",
    "soxr",
    "torch",
)
PARTS = ("train", "validation", "test", "left_out")


# ---------------------------------------------------------------------------------------------------- configuration


def configuration(config: dict, user_files: dict[str, str] | None = None) -> str:
    """The configuration as the workflow understood it, then the user's files (name -> text) as they wrote them."""
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=100)
    body = [
        paragraph("What was run, with every default filled in. Given to --configfile, it repeats this run."),
        f"<pre>{escape(text)}</pre>",
    ]
    for name, written in (user_files or {}).items():
        body += [heading(name), paragraph("As written, before defaults and synonyms."), f"<pre>{escape(written)}</pre>"]
    return document("Configuration", "\n".join(body))


# --------------------------------------------------------------------------------------------------------- versions


def versions(commit: str = "", environments: dict[str, dict[str, str]] | None = None) -> str:
    """Software and machine of the analysis; `environments`: embedder -> {package: version} of its own environment."""
    installed = {each.name: each.version for each in distributions.distributions() if each.name}
    facts = [
        ("Soundcheck", __version__ + (f", commit {commit}" if commit else "")),
        ("Python", sys.version.split()[0]),
        ("System", f"{platform.system()} {platform.release()}, {platform.machine()}"),
        ("Processor", f"{processor()}, {plural(os.cpu_count() or 1, 'core')}"),
    ]
    known = {name.lower().replace("_", "-"): version for name, version in installed.items()}
    used = [(name, known[name.replace("_", "-")]) for name in PACKAGES if name.replace("_", "-") in known]
    body = [
        paragraph(
            "The environment of the analysis: scores, tables, figures. Embedders may run in others of their own."
        ),
        definitions(facts),
        heading("Packages"),
        listing(["Package", "Version"], used),
        folded(
            f"All {len(installed)} installed packages",
            listing(["Package", "Version"], sorted(installed.items(), key=lambda item: item[0].lower())),
        ),
    ]
    if environments:
        body.append(heading("Embedders"))
        rows = [
            (embedder, ", ".join(f"{package} {version}" for package, version in sorted(packages.items())))
            for embedder, packages in sorted(environments.items())
        ]
        body.append(listing(["Embedder", "Versions that its embeddings were made with"], rows))
    return document("Versions", "\n".join(body))


def processor() -> str:
    """The processor's name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown processor"


# ----------------------------------------------------------------------------------------------------------- counts


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


def counts(
    tracks: Iterable[str | Path], splits: Iterable[str | Path], seeds: dict[str, list[int]] | None = None
) -> tuple[str, list[Count]]:
    """How many items there are: found, left out, in each part of each fold, in each class.

    `tracks`, `splits`: paths of the tables of those names; `seeds`: probe -> its seeds.
    """
    body = [
        paragraph(
            "Counts come from the tables that the scores were computed with, not from a dataset's documentation."
        ),
        heading("Datasets"),
        _datasets(tracks),
    ]
    rows: list[Count] = []
    for path in sorted(map(str, splits)):
        meta, found = _split_counts(path)
        rows += found
        body += _split_section(meta, found)
    if seeds:
        body += [heading("Seeds"), definitions((probe, ", ".join(map(str, each))) for probe, each in seeds.items())]
    return document("Counts", "\n".join(body)), rows


def _datasets(tracks: Iterable[str | Path]) -> str:
    rows = []
    for path in sorted(map(str, tracks)):
        meta = parquet.metadata(path)
        rows.append(
            (
                meta.get("title") or meta["dataset"],
                "synthetic" if meta.get("synthetic") else "recorded",
                meta["n_found"],
                meta["n_left_out"],
                meta["n_found"] - meta["n_left_out"],
                meta.get("licence"),
            )
        )
    return listing(["Dataset", "Audio", "Found", "Left out", "Usable", "Licence"], rows)


def _split_counts(path: str) -> tuple[dict, list[Count]]:
    meta = parquet.metadata(path)
    tally: Counter = Counter()
    for row in parquet.read(path, ["fold", "part", "label"]).to_pylist():
        tally[row["fold"], row["part"], ""] += 1
        for label in row["label"] or []:
            tally[row["fold"], row["part"], label] += 1
    axes = (meta["dataset"], meta["task"], meta["split"])
    return meta, [Count(*axes, *key, n) for key, n in sorted(tally.items())]


def _split_section(meta: dict, found: list[Count]) -> list[str]:
    n = {(count.fold, count.part, count.label): count.n for count in found}
    folds = sorted({count.fold for count in found})
    labels = [label for label in meta["classes"] if label]
    by = meta.get("grouped_by")
    facts = [
        words(meta["task_type"]),
        plural(len(labels), "class", "classes"),
        f"no {by} is in two parts" if by else "parts are disjoint by track; no group is known",
        f"seed {meta['seed']}" if meta.get("seed") is not None else "the dataset's own split",
    ]
    total = [(f"{fold}", *(n.get((fold, part, ""), 0) for part in PARTS)) for fold in folds]
    section = [
        heading(f"{meta['dataset']}: {words(meta['task']).lower()}, split {meta['split']}"),
        paragraph("; ".join(facts) + "."),
        listing(["Fold", "Train", "Validation", "Test", "Left out"], total),
    ]
    for fold in folds:
        rows = [(label, *(n.get((fold, part, label), 0) for part in PARTS[:3])) for label in labels]
        name = "Items per class" if len(folds) == 1 else f"Items per class, fold {fold}"
        section.append(folded(name, listing(["Class", "Train", "Validation", "Test"], rows)))
    return section


# --------------------------------------------------------------------------------------------------------- left out


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
        for row in _read_csv(path):
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


# ------------------------------------------------------------------------------------------------- audio conditions


def audio_conditions(audio: Iterable[tuple[dict[str, str], str | Path]]) -> str:
    """What each condition did to the audio, measured: one row for each dataset and condition.

    `audio` as in `left_out`, in the order to show. A condition is the same for all embedders: one of them is read, the
    one that embedded most tracks.
    """
    rows = []
    conditions = defaultdict(list)
    for axes, path in audio:
        conditions[axes["dataset"], axes["deformation"]].append((axes, path))
    for (dataset, deformation), cells in conditions.items():
        tables = [(axes["embedder"], [row for row in _read_csv(path) if not row["left_out"]]) for axes, path in cells]
        embedder, tracks = min(tables, key=lambda table: (-len(table[1]), table[0]))
        rows.append(
            (
                dataset,
                deformation,
                _spread(tracks, "snr_db"),
                _spread(tracks, "gain_db", signed=True),
                _clipped(tracks),
                len(tracks),
                embedder,
            )
        )
    header = ["Dataset", "Condition", "SNR, dB", "Gain, dB", "Clipped samples", "n", "Measured with"]
    body = [
        paragraph(
            "SNR: the signal against what the condition added, ∞ where it added nothing. Gain: the change of level. "
            "Medians over tracks, with the range beneath. Clipped samples lie beyond full scale: mean share over "
            "tracks. Audio is deformed in floating point, so such samples are counted, not cut."
        ),
        _conditions_table(header, rows),
    ]
    return document("Audio conditions, as measured", "\n".join(body))


def _read_csv(path: str | Path) -> list[dict[str, str]]:
    with Path(path).open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _numbers(tracks: list[dict[str, str]], column: str) -> list[float]:
    values = (float(row[column]) for row in tracks if row[column] not in ("", "nan"))
    return [value for value in values if not math.isnan(value)]


def _spread(tracks: list[dict[str, str]], column: str, signed: bool = False) -> tuple[str, str]:
    """Median, and the range where there is one."""
    values = _numbers(tracks, column)
    if not values:
        return "–", ""
    low, high = _decibel(min(values), signed), _decibel(max(values), signed)
    return _decibel(median(values), signed), f"{low} to {high}" if low != high else ""


def _decibel(value: float, signed: bool) -> str:
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    text = f"{value:+.1f}" if signed else f"{value:.1f}"
    return "0.0" if not float(text) else text.replace("-", MINUS)


def _clipped(tracks: list[dict[str, str]]) -> tuple[str, str]:
    values = _numbers(tracks, "clipped_share")
    if not values:
        return "–", ""
    some = sum(value > 0 for value in values)
    share = 100 * sum(values) / len(values)
    text = "0 %" if not share else f"{share:.3f} %" if share >= 0.001 else "< 0.001 %"
    return text, f"in {plural(some, 'track')}" if some else ""


def _conditions_table(header: list[str], rows: list[tuple]) -> str:
    css = ["", "", *[' class="number"'] * 4, ""]
    lines = ["<table>", "<thead><tr>"]
    lines += [f'<th scope="col"{css[i]}>{escape(name)}</th>' for i, name in enumerate(header)]
    lines.append("</tr></thead>")
    for _, group in groupby(rows, key=lambda row: row[0]):
        group = list(group)
        lines.append("<tbody>")
        for i, (dataset, deformation, snr, gain, clipped, n, embedder) in enumerate(group):
            first = f'<th scope="rowgroup" rowspan="{len(group)}">{escape(dataset)}</th>' if i == 0 else ""
            pairs = "".join(
                f'<td class="number">{escape(value)}{f"<small>{escape(small)}</small>" if small else ""}</td>'
                for value, small in (snr, gain, clipped)
            )
            name = f'<th scope="row">{escape(deformation)}</th>'
            lines.append(f'<tr>{first}{name}{pairs}<td class="number">{n:,}</td><td>{escape(embedder)}</td></tr>')
        lines.append("</tbody>")
    return "\n".join([*lines, "</table>"])


# -------------------------------------------------------------------------------------------------------- embedders


def embedders(catalogue: Iterable[dict], datasets: Iterable[str]) -> str:
    """The catalogue's facts of the embedders that were evaluated.

    An entry has `id` and whichever it knows of `dimension`, `sample_rate` (Hz), `licence`, `pretrained_on` (a name or a
    list of them), `description`, `source`. An embedder that was pretrained on an evaluated dataset is marked.
    """
    evaluated = list(datasets)
    entries = [(entry, _pretrained_on(entry)) for entry in catalogue]
    overlap = {
        entry["id"]: [name for name in evaluated if name.lower() in {each.lower() for each in pretrained}]
        for entry, pretrained in entries
    }
    rows = [
        (
            entry["id"],
            entry.get("description"),
            entry.get("dimension"),
            entry.get("sample_rate"),
            ", ".join(pretrained) or ("nothing" if "pretrained_on" in entry else "unknown"),
            sentence_list(overlap[entry["id"]]) if overlap[entry["id"]] else None,
            entry.get("licence"),
            entry.get("source"),
        )
        for entry, pretrained in entries
    ]
    header = [
        "Embedder",
        "What it is",
        "Dimension",
        "Rate, Hz",
        "Pretrained on",
        "Has seen",
        "Licence of the weights",
        "Source",
    ]
    keep = [i for i in range(len(header)) if i in (0, 4, 5) or any(row[i] not in (None, "") for row in rows)]
    body = [
        paragraph(
            "An embedder that was pretrained on a dataset has seen its test items. Its scores there are no measure of "
            "how it does on new music; the column “has seen” names the evaluated datasets that this concerns."
        ),
        listing([header[i] for i in keep], ([row[i] for i in keep] for row in rows)),
    ]
    seen = [name for name, found in overlap.items() if found]
    if seen:
        body.append(f"<p><strong>Read with care:</strong> {escape(sentence_list(seen))}.</p>")
    return document("Embedders", "\n".join(body))


def _pretrained_on(entry: dict) -> list[str]:
    pretrained = entry.get("pretrained_on") or []
    return [pretrained] if isinstance(pretrained, str) else list(pretrained)


def rows_to_csv(rows: Iterable[Count | LeftOut], kind: type) -> str:
    """Rows of `counts` or `left_out` as CSV, with a header also where there are none."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(kind.__dataclass_fields__), lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return out.getvalue()
