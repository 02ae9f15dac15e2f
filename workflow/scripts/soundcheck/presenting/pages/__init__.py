"""The report's items that are not results: what was run, on what, with which versions, and what was left out.

Each function returns a self-contained HTML page; `counts` and `left_out` also return their rows, for CSV files.
"""

import csv
import io
from collections.abc import Iterable
from dataclasses import asdict

from soundcheck.presenting.pages.audio_conditions import audio_conditions
from soundcheck.presenting.pages.audit import audit
from soundcheck.presenting.pages.configuration import configuration
from soundcheck.presenting.pages.counts import Count, counts
from soundcheck.presenting.pages.embedder_checks import embedder_checks
from soundcheck.presenting.pages.embedders import embedders
from soundcheck.presenting.pages.left_out import LeftOut, left_out
from soundcheck.presenting.pages.versions import versions

__all__ = [
    "Count",
    "LeftOut",
    "audio_conditions",
    "audit",
    "configuration",
    "counts",
    "embedder_checks",
    "embedders",
    "left_out",
    "rows_to_csv",
    "versions",
]


def rows_to_csv(rows: Iterable[Count | LeftOut], kind: type) -> str:
    """Rows of `counts` or `left_out` as CSV, with a header also where there are none."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(kind.__dataclass_fields__), lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return out.getvalue()
