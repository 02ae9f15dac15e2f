"""The page of the audit: what the parts of each split share, lack and hold."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from soundcheck import parquet
from soundcheck.datasets.audit import ALLOWED, NO_GROUP, PASSED, Finding, read
from soundcheck.plumbing.errors import plural
from soundcheck.presenting.html import Block, definitions, document, folded, heading, listing, paragraph
from soundcheck.presenting.pages import Page
from soundcheck.presenting.wording import words

KINDS = {
    "id": "Same track",
    "audio": "Same audio",
    "near_duplicate": "Near-duplicates",
    "label": "Other labels",
    "group": "Groups in two parts",
    "class": "Absent classes",
    "count": "Counts",
}
MEANINGS = {
    "Same track": (
        "An id that is in two parts of a fold. It stops the run unless the configuration says allow_overlap: [id]."
    ),
    "Same audio": (
        "Two tracks whose decoded samples are all equal, whatever their files are called. It stops the run unless "
        "the configuration says allow_overlap: [audio]."
    ),
    "Near-duplicates": (
        "Two tracks of which at least half is the same recording by its fingerprint: encoded again, louder or softer, "
        "resampled, cut or faded. Listen before you trust a score. Not found are copies at another speed or pitch, "
        "many copies in noise, and what two tracks have in common for less than 0.25 s (of short sounds such as drums "
        "nearly all): 0 means little there."
    ),
    "Other labels": "Tracks with equal samples and different labels, in one part or two: not all can be right.",
    "Groups in two parts": (
        "An artist, album, singer or the like with tracks in two parts. A probe may know the group again instead of "
        "what it is asked for. Where no group is known, nothing could be looked for."
    ),
    "Absent classes": "A class that a part has no track of: it is not trained, not validated, or not tested.",
    "Counts": "Parts with another number of tracks than published.",
}
# A page is read; all findings are in the CSV files beside the splits.
SHOWN = 500


def page(files: Mapping[str, Any], params: Mapping[str, Any]) -> Page:
    """What the audits of all splits found.

    Files: `audits`, the findings; `fingerprints`. Parameters: `evaluations`, {dataset, task, split} of each audit;
    `datasets`, the name of each fingerprints' dataset.
    """
    audits = [(evaluation, read(path)) for evaluation, path in zip(params["evaluations"], files["audits"], strict=True)]
    body = [
        paragraph(
            "Each split was searched for what makes its scores too good: tracks, audio and groups that are in more "
            "than one part. Numbers are findings in all folds."
        ),
        listing(["Dataset", "Task", "Split", *KINDS.values()], [_overview(*each) for each in audits]),
        definitions(MEANINGS.items()),
    ]
    for evaluation, found in audits:
        shown = [finding for finding in found if finding.verdict != PASSED]
        if shown:
            body.append(heading(_name(evaluation)))
            body += [_section(kind, [each for each in shown if each.kind == kind]) for kind in KINDS]
    body += [_not_compared(*each) for each in zip(params["datasets"], files["fingerprints"], strict=True)]
    return Page(document("Audit of the splits", filter(None, body), facts=[plural(len(audits), "split")]))


def _overview(evaluation: dict[str, str], found: list[Finding]) -> list[object]:
    cells: list[object] = []
    for kind in KINDS:
        own = [finding for finding in found if finding.kind == kind]
        shown = [finding for finding in own if finding.verdict != PASSED]
        allowed = any(finding.verdict == ALLOWED for finding in shown)
        if kind == "group" and any(finding.detail == NO_GROUP for finding in own):
            cells.append(NO_GROUP)
        elif kind == "count":
            cells.append("none published" if not own else "differ" if shown else "as published")
        else:
            cells.append(f"{len(shown)}, allowed" if allowed else len(shown))
    return [evaluation["dataset"], words(evaluation["task"]), evaluation["split"], *cells]


def _name(evaluation: dict[str, str]) -> str:
    return f"{evaluation['dataset']}: {words(evaluation['task']).lower()}, split {evaluation['split']}"


def _section(kind: str, found: list[Finding]) -> Block | None:
    if not found:
        return None
    header = [
        name for name in ("part_a", "track_a", "part_b", "track_b", "detail", "verdict", "fold") if _any(found, name)
    ]
    titles = {"part_a": "Part", "track_a": "Track", "part_b": "Other part", "track_b": "Other track"}
    rows = [[getattr(finding, name) for name in header] for finding in found[:SHOWN]]
    table = listing([titles.get(name, words(name)) for name in header], rows)
    more = f", the first {SHOWN} of them here" if len(found) > SHOWN else ""
    return folded(f"{KINDS[kind]}: {plural(len(found), 'finding')}{more}", table)


def _any(found: list[Finding], name: str) -> bool:
    return any(getattr(finding, name) != "" for finding in found)


def _not_compared(dataset: str, path: str | Path) -> Block | None:
    rows = parquet.read(path, ["track_id", "left_out"]).to_pylist()
    left_out = [(row["track_id"], row["left_out"]) for row in rows if row["left_out"]]
    if not left_out:
        return None
    title = f"{dataset}: {plural(len(left_out), 'track')} could not be compared"
    return folded(title, listing(["Track", "Reason"], left_out))
