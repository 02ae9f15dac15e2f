"""The one exception that speaks to a researcher."""

import difflib
from collections.abc import Iterable


class SoundcheckError(ValueError):
    """Something the user can mend: the message says what is wrong, where, and what to do. Shown without a traceback."""


def nearest(name: object, valid: Iterable[str]) -> str:
    """A hint such as `; did you mean 'crepe-tiny'?`, or the valid names when none is near."""
    valid = sorted(map(str, valid))
    # Case and separators are what people get wrong most often.
    folded = {candidate.lower().replace("_", "-"): candidate for candidate in valid}
    match = difflib.get_close_matches(str(name).lower().replace("_", "-"), folded, n=1, cutoff=0.6)
    if match:
        return f"; did you mean {folded[match[0]]!r}?"
    return f"; valid are {', '.join(valid)}." if valid else ""
