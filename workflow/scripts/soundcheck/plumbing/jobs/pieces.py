"""A job that makes several things of a kind, so that what they share is loaded once.

What an earlier run of the job made of the same settings and files is taken again; the others are made.
"""

import functools
import hashlib
import json
import logging
import re
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import as_completed
from dataclasses import dataclass
from pathlib import Path

from soundcheck.plumbing.errors import SoundcheckError, described
from soundcheck.plumbing.jobs.ledger import Ledger, content
from soundcheck.plumbing.jobs.workers import processes
from soundcheck.plumbing.provenance import versions


@dataclass(frozen=True)
class Piece:
    """One of the things that a job makes.

    `settings` and the content of the `inputs` decide what the `outputs` hold; `name` is for the log and messages.
    """

    name: str
    settings: dict
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @functools.cached_property
    def made_of(self) -> str:
        """A digest of all that the outputs depend on."""
        known = [self.name, self.settings, list(map(_content, self.inputs)), _environment()]
        return hashlib.sha256(json.dumps(known, sort_keys=True).encode()).hexdigest()[:20]


def make(
    pieces: Sequence[Piece], prepared: Callable[[], Callable[[Piece], object]], ledger: Ledger, n_workers: int = 1
) -> None:
    """Make each piece that is not there already, in so many processes at once.

    `prepared()` loads what all share, and returns the function that makes a piece; where all are there, it is not
    called. A piece that fails does not keep the others from being made.

    Raises:
        Exception: a piece fails, or all that fail do for the same reason: what it raised.
        SoundcheckError: pieces fail for several reasons; says which, and why.
    """
    missing = [piece for piece in pieces if not ledger.take(piece.outputs, piece.made_of)]
    if len(missing) < len(pieces):
        print(f"{len(pieces) - len(missing)} of {len(pieces)} are there already")
    failures = []
    for piece, found in _results(missing, prepared() if missing else None, min(n_workers, len(missing))):
        if isinstance(found, Exception):
            failures.append((piece, found))
        else:
            ledger.add(piece.outputs, found, piece.made_of)
    if failures:
        raise _failure(failures, len(pieces))
    ledger.close(piece.made_of for piece in pieces)


def _results(
    pieces: Sequence[Piece], function: Callable[[Piece], object] | None, n_workers: int
) -> Iterator[tuple[Piece, dict[str, str] | Exception]]:
    """Each piece as soon as it is made, with the versions that made it, or the exception that it ended in."""
    if function is None:
        return
    if n_workers <= 1:
        yield from ((piece, _made(function, piece)) for piece in pieces)
        return
    with processes(n_workers) as workers:
        futures = {workers.submit(_made, function, piece): piece for piece in pieces}
        for future in as_completed(futures):
            yield futures[future], future.result()


def _made(function: Callable[[Piece], object], piece: Piece) -> dict[str, str] | Exception:
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=f"{piece.name}: %(message)s", force=True)
    try:
        function(piece)
    except Exception as error:
        return error
    return versions()


def _failure(failures: Sequence[tuple[Piece, Exception]], n_pieces: int) -> Exception:
    # Most often all fail for the same reason.
    if len({str(error) for _, error in failures}) == 1:
        return failures[0][1]
    for _, error in failures:
        if not isinstance(error, SoundcheckError):
            traceback.print_exception(error)
    messages = (
        f"{piece.name}: {error if isinstance(error, SoundcheckError) else described(error)}"
        for piece, error in failures
    )
    return SoundcheckError(f"{len(failures)} of {n_pieces} failed:\n" + "\n".join(messages))


@functools.cache
def _content(path: str) -> str:
    return content(path)


def _environment() -> str:
    """What Snakemake calls the conda environment of this job, a digest of its file; empty outside of one."""
    name = Path(sys.prefix).name
    return name if re.fullmatch(r"[0-9a-f]{32}_?", name) else ""
