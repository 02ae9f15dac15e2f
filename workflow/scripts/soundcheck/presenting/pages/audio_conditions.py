"""The page of what the deformations did to the audio, as measured."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from statistics import median
from typing import Any

from soundcheck.plumbing.errors import plural
from soundcheck.plumbing.files import read_rows
from soundcheck.presenting.html import Block, document, folded, grouped_listing, heading, listing, paragraph
from soundcheck.presenting.pages import Page
from soundcheck.presenting.wording import MINUS


def page(files: Mapping[str, Any], params: Mapping[str, Any]) -> Page:
    """What each condition did to the audio, measured: one row for each dataset and condition.

    Files: `audio`, the tables of that name, in the order to show. Parameters: `cells`, {dataset, deformation, embedder}
    of each. A condition is the same for all embedders: one of them is read, the one that measured most tracks.
    """
    rows = []
    conditions = defaultdict(list)
    for axes, path in zip(params["cells"], files["audio"], strict=True):
        conditions[axes["dataset"], axes["deformation"]].append((axes, path))
    for (dataset, deformation), cells in conditions.items():
        tables = [(axes["embedder"], [row for row in read_rows(path) if not row["left_out"]]) for axes, path in cells]
        embedder, tracks = min(tables, key=lambda table: (-len(_measured(table[1])), table[0]))
        measured = (
            *(_spread(tracks, "snr_db"), _spread(tracks, "gain_db", signed=True)),
            *(_spread(tracks, "level_db", signed=True), _spread(tracks, "spectrum_db"), _clipped(tracks)),
        )
        rows.append((dataset, [(deformation, ""), *measured, (f"{len(tracks):,}", ""), (embedder, "")]))
    groups = [(name, [cells for _, cells in found]) for name, found in groupby(rows, key=lambda row: row[0])]
    header = ["Dataset", "Condition", "SNR, dB", "Gain, dB", "Level, dB", "Spectrum, dB", "Clipped samples", "n"]
    body = [
        paragraph(
            "Medians over tracks, with the range beneath. SNR: the signal against what the condition added, ∞ where it "
            "added nothing; gain: the level at which the signal is still there; both only where a condition adds "
            "something to the signal, and not where it filters it, or moves it in time or pitch. Level: the change of "
            "the root mean square. Spectrum: by how much the levels of bands of a third of an octave change, as a root "
            "mean square over the bands, once the overall levels are equal. Clipped samples lie beyond full scale: "
            "mean share over tracks. Audio is deformed in floating point, so such samples are counted, not cut."
        ),
        grouped_listing([*header, "Measured with"], [False, False, *[True] * 6, False], groups),
        *_not_whole(params["cells"], files["audio"]),
    ]
    return Page(document("Audio conditions, as measured", body))


def _not_whole(cells: Sequence[Mapping[str, str]], paths: Sequence[str | Path]) -> list[Block]:
    """The tracks of which something is missing, although they are used: each once, whatever the condition."""
    found = {
        (axes["dataset"], row["track_id"], row["note"])
        for axes, path in zip(cells, paths, strict=True)
        for row in read_rows(path)
        if row.get("note") and not row["left_out"]
    }
    if not found:
        return []
    title = f"Used, but not whole: {plural(len(found), 'track')}"
    return [
        heading(title),
        paragraph("What could be decoded of these files is used; something of them is missing. Get them anew."),
        folded(
            "One by one", listing(["Track", "Dataset", "What is missing"], [(t, d, n) for d, t, n in sorted(found)])
        ),
    ]


def _measured(tracks: list[dict[str, str]]) -> list[dict[str, str]]:
    """Those whose audio was decoded: where vectors were made elsewhere, nothing is known of it."""
    return [row for row in tracks if row["peak"] != ""]


def _numbers(tracks: list[dict[str, str]], column: str) -> list[float]:
    values = (float(row[column]) for row in tracks if row.get(column) not in (None, "", "nan"))
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
