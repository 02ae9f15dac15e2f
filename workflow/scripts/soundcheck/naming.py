"""Names as people type them: the nearest valid one, and ids that are safe as file names."""

import difflib
import re
from collections.abc import Iterable


def nearest_name(name: object, valid: Iterable[object]) -> str | None:
    """The valid name nearest to `name`, whatever its case and separators; None where none is near."""
    folded = {str(candidate).lower().replace("_", "-"): str(candidate) for candidate in valid}
    near = difflib.get_close_matches(str(name).strip().lower().replace("_", "-"), folded, n=1, cutoff=0.55)
    return folded[near[0]] if near else None


def did_you_mean(name: str, valid: Iterable[str]) -> str:
    """` (did you mean 'x'?)` for the valid name nearest to `name`; empty where none is near."""
    near = nearest_name(name, valid)
    return f" (did you mean '{near}'?)" if near else ""


def safe_id(text: str) -> str:
    """`text` with every run of characters outside `[A-Za-z0-9_.-]` replaced by one underscore."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", text).strip("_") or "_"


def several(values: Iterable[object], shown: int = 5) -> str:
    """The first few values for a message, and how many more there are: `a, b, c and 4 more`."""
    values = [str(value) for value in values]
    more = f" and {len(values) - shown} more" if len(values) > shown else ""
    return ", ".join(values[:shown]) + more
