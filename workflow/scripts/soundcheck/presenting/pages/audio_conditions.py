"""The page of what the deformations did to the audio, as measured."""

import math
from collections import defaultdict
from collections.abc import Iterable
from html import escape
from itertools import groupby
from pathlib import Path
from statistics import median

from soundcheck.plumbing.errors import plural
from soundcheck.plumbing.files import read_rows
from soundcheck.presenting.html import document, paragraph
from soundcheck.presenting.wording import MINUS


def audio_conditions(audio: Iterable[tuple[dict[str, str], str | Path]]) -> str:
    """What each condition did to the audio, measured: one row for each dataset and condition.

    `audio` as in `left_out`, in the order to show. A condition is the same for all embedders: one of them is read, the
    one that measured most tracks.
    """
    rows = []
    conditions = defaultdict(list)
    for axes, path in audio:
        conditions[axes["dataset"], axes["deformation"]].append((axes, path))
    for (dataset, deformation), cells in conditions.items():
        tables = [(axes["embedder"], [row for row in read_rows(path) if not row["left_out"]]) for axes, path in cells]
        embedder, tracks = min(tables, key=lambda table: (-len(_measured(table[1])), table[0]))
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


def _measured(tracks: list[dict[str, str]]) -> list[dict[str, str]]:
    """Those whose audio was decoded: where vectors were made elsewhere, nothing is known of it."""
    return [row for row in tracks if row["peak"] != ""]


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
