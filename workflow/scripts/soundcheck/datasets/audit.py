"""The audit of a split: what its parts share that they should not, what they lack, and how many items they have.

Equal ids and equal audio in two parts of a fold make its scores worthless, so they stop the run, audio unless the
configuration allows it. Near-duplicates, equal audio under other labels, shared groups, missing classes and other
counts than the published ones are warnings: they are shown, and it is for the reader to judge them.
"""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import pandas as pd

from soundcheck import parquet
from soundcheck.datasets.splits.table import LEFT_OUT, PARTS
from soundcheck.plumbing.errors import SoundcheckError, several
from soundcheck.plumbing.files import csv_rows, read_rows

COLUMNS = ("kind", "fold", "part_a", "part_b", "track_a", "track_b", "detail", "verdict")
STOP, ALLOWED, WARNING, PASSED = "stop", "allowed", "warning", "passed"
# Columns of a tracks table that say what recordings have in common, whatever groups a split was drawn with.
GROUPS = ("artist", "artist_id", "album", "album_id", "singer", "speaker", "performer", "source_track")
# What stands in the place of a finding where no group of any track is known.
NO_GROUP = "no group is known"
_LEAKS = {"id": "The same track is in two parts", "audio": "The same audio, sample by sample, is in two parts"}


@dataclass(frozen=True)
class Finding:
    """One line of an audit; `kind` is id, audio, near_duplicate, label, group, class or count.

    An overlap names one track in each part, `track_a` in `part_a`; a missing class and a count have `part_a` alone.
    Equal audio under other labels may lie in one part.
    """

    kind: str
    fold: int
    part_a: str = ""
    part_b: str = ""
    track_a: str = ""
    track_b: str = ""
    detail: str = ""
    verdict: str = WARNING


def audit(
    split_path: str | Path,
    tracks_path: str | Path,
    fingerprints_path: str | Path,
    duplicates_path: str | Path,
    allowed: Sequence[str] = (),
    published: dict | None = None,
) -> list[Finding]:
    """All findings on a split, fold by fold, in the order in which they matter.

    `published`: task -> split -> part -> number of tracks, or a list of numbers, one for each fold in their order.
    """
    meta = parquet.metadata(split_path)
    split = parquet.read(split_path, ["track_id", "fold", "part", "label", "group"]).to_pandas()
    tracks = parquet.read(tracks_path).to_pandas().set_index("track_id")
    digests = parquet.read(fingerprints_path, ["track_id", "digest"]).to_pandas().set_index("track_id")["digest"]
    near = [(row["track_a"], row["track_b"], row) for row in read_rows(duplicates_path)]
    counts = (published or {}).get(meta["task"], {}).get(meta["split"], {})
    found: list[Finding] = []
    for place, (fold, rows) in enumerate(split[split["part"] != LEFT_OUT].groupby("fold", sort=True)):
        fold = int(fold)
        found += _same_id(fold, rows, ALLOWED if "id" in allowed else STOP)
        found += _same_audio(fold, rows, digests, ALLOWED if "audio" in allowed else STOP)
        found += _near(fold, rows, near)
        found += _other_labels(fold, rows, digests)
        found += _same_group(fold, rows, tracks, meta.get("grouped_by"))
        found += _absent_classes(fold, rows)
        found += _counts(fold, place, rows, counts)
    return found


def write_or_stop(found: Sequence[Finding], path: str | Path, name: str) -> None:
    """Write the findings on the split that `name` says, unless an overlap stops here.

    A file beside it, `<path>.stopped.csv`, then has all findings: Snakemake removes the outputs of a job that fails.

    Raises:
        SoundcheckError: an overlap makes its scores worthless.
    """
    stopped = Path(path).with_suffix(".stopped.csv")
    stopped.unlink(missing_ok=True)
    if any(finding.verdict == STOP for finding in found):
        write(found, stopped)
    stop_if_leaking(found, name, stopped)
    write(found, path)


def stop_if_leaking(found: Iterable[Finding], name: str, everything: str | Path) -> None:
    """Raise SoundcheckError, naming the items, where an overlap is not allowed; `everything` is where all are listed.

    `name` says which split, for the message.
    """
    leaks = [finding for finding in found if finding.verdict == STOP]
    if not leaks:
        return
    lines = []
    for kind, what in _LEAKS.items():
        pairs = [finding for finding in leaks if finding.kind == kind]
        if pairs:
            parts = Counter(f"{pair.part_a} and {pair.part_b}" for pair in pairs)
            where = ", ".join(f"{count} in {both}" for both, count in parts.items())
            lines.append(f"{what} ({where}): {several(map(_pair, pairs))}.")
    advice = "Put them into one part, or leave all but one of them out"
    if any(finding.kind == "audio" for finding in leaks):
        advice += (
            " (where parts are drawn, `group_equal_audio: true` at this dataset in the configuration keeps them "
            "together). To go on with them all the same, write `allow_overlap: [audio]` there; the report then says so"
        )
    raise SoundcheckError(f"{name}: the parts overlap. {' '.join(lines)} {advice}. All of them: {everything}")


def write(found: Iterable[Finding], path: str | Path) -> None:
    """Write findings as CSV with the columns `COLUMNS`."""
    with csv_rows(path, COLUMNS) as write_row:
        for finding in found:
            write_row(asdict(finding))


def read(path: str | Path) -> list[Finding]:
    """The findings that `write` wrote."""
    return [Finding(**row | {"fold": int(row["fold"])}) for row in read_rows(path)]


def summary(found: Iterable[Finding]) -> list[str]:
    """A line for each kind and verdict, with its number, for a log."""
    counts = Counter((finding.kind, finding.verdict) for finding in found)
    return [f"{kind}: {count} ({verdict})" for (kind, verdict), count in sorted(counts.items())]


def _pair(finding: Finding) -> str:
    if finding.track_a == finding.track_b:
        return f"{finding.track_a} ({finding.part_a}, {finding.part_b})"
    return f"{finding.track_a} ({finding.part_a}) = {finding.track_b} ({finding.part_b})"


def _same_id(fold: int, rows: pd.DataFrame, verdict: str) -> Iterator[Finding]:
    for track, parts in _in_two_parts(rows["track_id"], rows):
        for part_a, part_b in itertools.combinations(parts, 2):
            yield Finding("id", fold, part_a, part_b, track, track, "the same track", verdict)


def _same_audio(fold: int, rows: pd.DataFrame, digests: pd.Series, verdict: str) -> Iterator[Finding]:
    for _, parts in _in_two_parts(rows["track_id"].map(digests), rows):
        for finding in _linked("audio", fold, parts, "equal samples", verdict):
            if finding.track_a != finding.track_b:
                yield finding


def _near(fold: int, rows: pd.DataFrame, near: list[tuple[str, str, dict]]) -> Iterator[Finding]:
    part_of = dict(zip(rows["track_id"], rows["part"], strict=True))
    for track_a, track_b, row in near:
        part_a, part_b = part_of.get(track_a), part_of.get(track_b)
        if part_a and part_b and part_a != part_b:
            if PARTS.index(part_a) > PARTS.index(part_b):
                (track_a, part_a), (track_b, part_b) = (track_b, part_b), (track_a, part_a)
            how = f"in phase (coherence {row['coherence']})" if row["coherence"] else f"{row['distance_db']} dB apart"
            detail = f"{row['overlap_s']} s in common, {how}"
            yield Finding("near_duplicate", fold, part_a, part_b, track_a, track_b, detail)


def _other_labels(fold: int, rows: pd.DataFrame, digests: pd.Series) -> Iterator[Finding]:
    """Of each audio that is there several times, the first track with every one that is labelled otherwise."""
    labels = [", ".join(map(repr, sorted(label))) or "nothing" for label in rows["label"]]
    found: dict[str, list[tuple[str, str, str]]] = defaultdict(list)
    for digest, *track in zip(rows["track_id"].map(digests), rows["track_id"], rows["part"], labels, strict=True):
        if isinstance(digest, str):
            found[digest].append(tuple(track))
    for _, tracks in sorted(found.items()):
        (track_a, part_a, label_a), *others = sorted(tracks)
        for track_b, part_b, label_b in others:
            if label_b != label_a:
                detail = f"equal samples, labelled {label_a} and {label_b}"
                yield Finding("label", fold, part_a, part_b, track_a, track_b, detail)


def _same_group(fold: int, rows: pd.DataFrame, tracks: pd.DataFrame, grouped_by: str | None) -> Iterator[Finding]:
    columns = {grouped_by or "group": rows["group"]}
    columns |= {name: rows["track_id"].map(tracks[name]) for name in GROUPS if name in tracks}
    if not any(isinstance(group, str) for groups in columns.values() for group in groups):
        yield Finding("group", fold, detail=NO_GROUP, verdict=PASSED)
    seen = []
    for name, groups in columns.items():
        # The same groups under two names, such as an artist and the artist's id, are one finding.
        numbered = tuple(pd.factorize(groups)[0])
        if numbered in seen:
            continue
        seen.append(numbered)
        for group, parts in _in_two_parts(groups, rows):
            sizes = ", ".join(f"{len(tracks_of)} in {part}" for part, tracks_of in parts.items())
            for (part_a, in_a), (part_b, in_b) in itertools.combinations(parts.items(), 2):
                yield Finding("group", fold, part_a, part_b, in_a[0], in_b[0], f"{name} {group!r}: {sizes}")


def _absent_classes(fold: int, rows: pd.DataFrame) -> Iterator[Finding]:
    labels = {part: {label for one in rows["label"][rows["part"] == part] for label in one} for part in PARTS}
    for part in PARTS:
        for label in sorted(set().union(*labels.values()) - labels[part]):
            yield Finding("class", fold, part, detail=f"no track of {label!r}")


def _counts(fold: int, place: int, rows: pd.DataFrame, published: dict) -> Iterator[Finding]:
    for part in PARTS:
        if part in published:
            wanted = published[part] if isinstance(published[part], int) else published[part][place]
            n = int((rows["part"] == part).sum())
            detail = f"{n:,} tracks, {wanted:,} published"
            yield Finding("count", fold, part, detail=detail, verdict=PASSED if n == wanted else WARNING)


def _in_two_parts(values: pd.Series, rows: pd.DataFrame) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Each value that occurs in more than one part: its tracks by part, in the order of the parts, sorted."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for value, track, part in zip(values, rows["track_id"], rows["part"], strict=True):
        if isinstance(value, str):
            found[value][part].append(track)
    for value, parts in sorted(found.items()):
        if len(parts) > 1:
            yield value, {part: sorted(parts[part]) for part in PARTS if part in parts}


def _linked(kind: str, fold: int, parts: dict[str, list[str]], detail: str, verdict: str) -> Iterator[Finding]:
    """As few pairs as name every track of every two parts: one to all of the other part, and all to one."""
    for (part_a, in_a), (part_b, in_b) in itertools.combinations(parts.items(), 2):
        pairs = [(in_a[0], track) for track in in_b] + [(track, in_b[0]) for track in in_a[1:]]
        for track_a, track_b in pairs:
            yield Finding(kind, fold, part_a, part_b, track_a, track_b, detail, verdict)
