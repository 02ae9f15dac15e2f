"""The page of what checks of embedders found."""

from collections.abc import Iterable

from soundcheck.plumbing.errors import plural
from soundcheck.presenting.html import document, folded, listing, paragraph

# The properties of the overview, and the check that measures each.
_PROPERTIES = {
    "In two halves": "in two halves and whole",
    "Gain of −12 dB": "gain of -12 dB",
    "Offset of 0.1": "offset of 0.1",
    "Time, s a minute": "time for a minute of audio",
    "Memory, MB": "memory for a minute of audio",
}


def embedder_checks(rows: Iterable[dict[str, str]]) -> str:
    """An overview of all embedders, and each one's report; rows are as `embedding.check.write` writes them."""
    reports: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        reports.setdefault(row["embedder"], []).append(row)
    body = [
        paragraph(
            "Each embedder was run on audio made for the check. Passed or failed: whether it does what its entry "
            "declares, gives the same vector again and whatever stands beside a clip in a batch, and bears silence, "
            "very short clips, stereo and long recordings. Measured: how much its vector changes, as a share of its "
            "length, and what it costs. Where a gain changes nothing, robustness to gain is a property of the model's "
            "input, not something that it learned."
        ),
        listing(
            ["Embedder", "Checks", "Failed", *_PROPERTIES],
            [_overview(name, report) for name, report in reports.items()],
        ),
    ]
    body += [
        folded(name, listing(["Check", "Outcome", "Value", "Unit", "What it means"], map(_line, report)))
        for name, report in reports.items()
    ]
    return document("Checks of the embedders", "\n".join(body), facts=[plural(len(reports), "embedder")])


def _overview(name: str, report: list[dict[str, str]]) -> list[object]:
    judged = [row for row in report if row["outcome"] != "measured"]
    failed = [row["check"] for row in judged if row["outcome"] == "failed"]
    values = {row["check"]: row["value"] for row in report}
    passed = f"{len(judged) - len(failed)} of {len(judged)} passed"
    return [name, passed, ", ".join(failed), *(_short(values.get(check, "")) for check in _PROPERTIES.values())]


def _line(row: dict[str, str]) -> list[str]:
    return [row["check"], row["outcome"], _short(row["value"]), row["unit"], row["meaning"]]


def _short(value: str) -> str:
    try:
        number = float(value)
    except ValueError:
        return value
    return value if number.is_integer() else f"{number:.3g}"
