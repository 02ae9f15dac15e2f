"""Exceptions that speak to a researcher, and what makes a message of other ones."""

import difflib
import errno
import traceback
from collections.abc import Iterable
from pathlib import Path


class SoundcheckError(ValueError):
    """Something the user can mend: the message says what is wrong, where, and what to do. Shown without a traceback."""


class DownloadError(SoundcheckError):
    """What could not be downloaded or unpacked, from where, why, and what to do about it."""


def nearest(name: object, valid: Iterable[object]) -> str:
    """A hint such as ` (did you mean 'crepe-tiny'?)`, or the valid names when none is near."""
    valid = sorted(map(str, valid))
    return did_you_mean(name, valid) or (f"; valid are {', '.join(valid)}" if valid else "")


def described(error: BaseException) -> str:
    """An exception of somebody else's code in one line: its type, its message, and the place in their own file."""
    text = " ".join(f"{type(error).__name__}: {error}".split()).rstrip(": ")
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_own(Path(frame.filename))]
    return f"{text} (line {own[-1].lineno} of {Path(own[-1].filename).name})" if own else text


def is_full(problem: OSError) -> bool:
    """Whether there is no space left to write to, on the disk or in a user's share of it."""
    return problem.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def disk_fault(problem: OSError, folder: Path) -> str:
    """What a failure to write below `folder` means, and what to do."""
    if is_full(problem):
        return (
            f"no space is left for it in '{folder}' ({problem.strerror}). What is complete is kept: free some space "
            "and run again, or set `dir` to a folder on another disk"
        )
    if problem.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"'{folder}' cannot be written to ({problem.strerror}). Get the right to write there, or set `dir` to "
            "another folder"
        )
    return str(problem)


def _is_own(file: Path) -> bool:
    """Whether a researcher may have written this file: it is neither installed nor a part of Soundcheck or Python."""
    installed = {"site-packages", "dist-packages"} & set(file.parts)
    return file.is_file() and not installed and not any(file.is_relative_to(place) for place in _NOT_OWN)


_NOT_OWN = (Path(__file__).resolve().parents[1], Path(traceback.__file__).resolve().parent)


def nearest_name(name: object, valid: Iterable[object]) -> str | None:
    """The valid name nearest to `name`, whatever its case and separators; None where none is near."""
    folded = {str(candidate).lower().replace("_", "-"): str(candidate) for candidate in valid}
    near = difflib.get_close_matches(str(name).strip().lower().replace("_", "-"), folded, n=1, cutoff=0.55)
    return folded[near[0]] if near else None


def did_you_mean(name: object, valid: Iterable[object]) -> str:
    """` (did you mean 'x'?)` for the valid name nearest to `name`; empty where none is near."""
    near = nearest_name(name, valid)
    return f" (did you mean {near!r}?)" if near else ""


def several(values: Iterable[object], shown: int = 5) -> str:
    """The first few values for a message, and how many more there are: `a, b, c and 4 more`."""
    words = [str(value) for value in values]
    more = f" and {len(words) - shown} more" if len(words) > shown else ""
    return ", ".join(words[:shown]) + more


def plural(count: int, noun: str, nouns: str | None = None) -> str:
    """`1 class`, `2,500 classes`."""
    return f"{count:,} {noun if count == 1 else nouns or noun + 's'}"
