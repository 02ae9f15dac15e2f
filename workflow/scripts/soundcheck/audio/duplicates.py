"""Near-duplicates among fingerprints: the same recording encoded again, at another level or rate, cut or faded.

Candidates share keys in one place, which an inverted index finds; each candidate is then compared frame by frame, where
its shared keys say that the two recordings coincide, and then, if their levels are not alike, by their samples. Nothing
else is compared, so the time grows with the number of similar recordings, not with the square of the number of all.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import numpy as np

from soundcheck.audio import coherence, fingerprints
from soundcheck.audio.fingerprints import HOP, N_BANDS, RATE, STEPS_PER_DB
from soundcheck.plumbing.files import csv_rows

# Measured on 1,480 different notes of 14 instruments: of the 19,000 pairs that share keys the most alike lie 1.0 dB
# apart. Copies as MP3 at 64 kbps and more are all nearer than that, those at 32 kbps mostly.
MAX_DISTANCE_DB = 0.85
# Where more is heard in common, chance has no part in it: all notes that are this long lie 3.0 dB apart and more.
LONG_S = 2.5
MAX_DISTANCE_OF_LONG_DB = 1.4
# A sound with few audible cells (bands of a frame) tells little: it must be the more alike.
ENOUGH_CELLS = 64
MIN_FRAMES = 4
# Of the shorter recording, this share must be in the other one.
MIN_OVERLAP = 0.5
# A key that so many recordings have tells none of them.
MAX_RECORDINGS_OF_A_KEY = 100
# Where two recordings coincide, as their keys say, is tried this often.
_OFFSETS_TRIED = 4
# Of the copies that levels alone do not show, 19 of 20 are nearer than 4.4 dB; of other pairs, one in eight is nearer.
_WORTH_HEARING_DB = 6.0
# So many samples around an offset are looked through for where two recordings are in phase: two seconds.
_AROUND = 2 * RATE
# A comparison looks at about so many frames, spread over what the two have in common.
_FRAMES_COMPARED = 256
# Twice a quarter of a frame away from where they coincide, copies are hardly as far apart as this.
_NOT_HOPELESS_DB = 3.0
_TRACKS_AT_ONCE = 1000
# An offset in frames, and its sign: days.
_OFFSET_BITS = 26
_FRAME_S = HOP / RATE


@dataclass(frozen=True)
class NearDuplicate:
    """Two tracks, `track_a` < `track_b`, of which at least half of the shorter is the same recording.

    `offset_s`: how much later it starts in `track_a`; `overlap_s`: how much of it sounds in both; `distance_db`: mean
    difference of the levels of all audible bands, once the loudness is the same; where that is not small, `coherence`
    of the samples (1: they are the same but for their level).
    """

    track_a: str
    track_b: str
    distance_db: float | None
    offset_s: float
    overlap_s: float
    coherence: float | None = None


def near_duplicates(path: str | Path, files: Sequence[str | Path] | None = None) -> list[NearDuplicate]:
    """The near-duplicates among the fingerprints that `fingerprints.write_fingerprints` wrote, sorted.

    `files` are the recordings, in the order of the fingerprints: where levels are not alike, samples are compared,
    which finds copies that are cut, faded or noisy. Tracks whose samples are equal (they have the same digest) are not
    among them.
    """
    import pyarrow.parquet as pq

    file = pq.ParquetFile(path)
    table = file.read(columns=["track_id", "digest", "keys", "places"])
    track_ids, digests = table["track_id"].to_pylist(), table["digest"].to_pylist()
    keys, places = _arrays(table["keys"]), _arrays(table["places"])
    candidates = [(a, b) for a, b in _candidates(keys, places) if digests[a] != digests[b]]
    recordings = _recordings(file, {track for pair in candidates for track in pair})
    sounds = coherence.Sounds(files) if files else None
    found = []
    for a, b in candidates:
        offsets = _offsets(keys[a], places[a], keys[b], places[b])
        match, alike = _best_match(recordings[a], recordings[b], offsets)
        if not match and sounds and alike:
            match = _match_in_phase(sounds[a], sounds[b], alike)
        if match:
            (a, b), match = ((a, b), match) if track_ids[a] < track_ids[b] else ((b, a), match.reversed())
            found.append(NearDuplicate(track_ids[a], track_ids[b], *match.in_seconds()))
    return sorted(found, key=lambda pair: (pair.track_a, pair.track_b))


def write(found: Iterable[NearDuplicate], path: str | Path) -> None:
    """Write near-duplicates as CSV, with the fields of `NearDuplicate` as columns."""
    with csv_rows(path, [field.name for field in fields(NearDuplicate)]) as write_row:
        for pair in found:
            write_row(asdict(pair))


@dataclass(frozen=True)
class _Recording:
    """Levels `(n_frames, N_BANDS)` of a recording, and which frames are no background."""

    levels: np.ndarray
    sounding: np.ndarray
    n_sounding: int


def _recordings(file, wanted: set[int]) -> dict[int, _Recording]:
    """The tracks of these numbers, read row group by row group: only candidates are held in memory."""
    found, first = {}, 0
    for group in range(file.num_row_groups):
        rows = range(first, first + file.metadata.row_group(group).num_rows)
        first = rows.stop
        here = [row for row in rows if row in wanted]
        if here:
            column = file.read_row_group(group, columns=["levels"])["levels"]
            found |= {row: _recording(column[row - rows.start].as_py()) for row in here}
    return found


# The energy that a level stands for; a band at the floor has none that is known of.
_ENERGY = 10 ** (np.arange(256) / (10 * STEPS_PER_DB)) - 1


def _recording(data: bytes) -> _Recording:
    levels = np.frombuffer(data, dtype=np.uint8).reshape(-1, N_BANDS)
    energy = _ENERGY[levels].sum(axis=1)
    sounding = energy > energy.max() * 10 ** (-fingerprints.SOUNDING_DB / 10)
    return _Recording(levels, sounding, int(sounding.sum()))


@dataclass(frozen=True)
class _Match:
    distance_db: float | None
    limit_db: float
    offset: float
    n_frames: float
    coherence: float | None = None

    def reversed(self) -> "_Match":
        return replace(self, offset=-self.offset)

    def in_seconds(self) -> tuple[float | None, float, float, float | None]:
        distance_db = None if self.distance_db is None else round(self.distance_db, 3)
        return distance_db, round(self.offset * _FRAME_S, 2), round(self.n_frames * _FRAME_S, 2), self.coherence


def _arrays(column) -> list[np.ndarray]:
    """Each row's list as an array; none for a track without a fingerprint."""
    lists = column.combine_chunks()
    values, ends = lists.flatten().to_numpy(), np.cumsum(lists.value_lengths().fill_null(0).to_numpy())
    return np.split(values, ends[:-1])


def _candidates(keys: list[np.ndarray], places: list[np.ndarray]) -> Iterator[tuple[int, int]]:
    """Pairs of tracks, the first before the second, that share enough keys in one place."""
    counts = np.array([len(own) for own in keys])
    owners = np.repeat(np.arange(len(keys)), counts)
    flat = np.concatenate(keys) if keys else np.zeros(0, np.uint32)
    order = np.argsort(flat, kind="stable")
    flat, owners = flat[order], owners[order]
    heard = np.concatenate(places).astype(np.int64)[order] if keys else np.zeros(0, np.int64)
    for start in range(0, len(keys), _TRACKS_AT_ONCE):
        block = slice(start, start + _TRACKS_AT_ONCE)
        wanted, wanted_at = np.concatenate(keys[block]), np.concatenate(places[block]).astype(np.int64)
        asking = np.repeat(np.arange(len(keys))[block], counts[block])
        first, last = np.searchsorted(flat, wanted, "left"), np.searchsorted(flat, wanted, "right")
        sizes = np.where(last - first <= MAX_RECORDINGS_OF_A_KEY, last - first, 0)
        # Entry i of `asking` meets the entries first[i], first[i] + 1, ... of the index.
        steps = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        met = np.repeat(first, sizes) + steps
        asking, offsets = np.repeat(asking, sizes), np.repeat(wanted_at, sizes) - heard[met]
        later = owners[met] > asking
        pairs, agreeing = _agreeing(asking[later] * len(keys) + owners[met][later], offsets[later])
        a, b = np.divmod(pairs, len(keys))
        enough = agreeing >= _keys_needed(np.minimum(counts[a], counts[b]))
        yield from zip(a[enough].tolist(), b[enough].tolist(), strict=True)


def _agreeing(pairs: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each pair once, sorted, and the most of its keys that agree on an offset, or on two that are neighbours.

    Where two recordings lie half a frame apart, some keys are found in one frame and some in the next.
    """
    if not len(pairs):
        return pairs, offsets
    codes, votes = np.unique((pairs << _OFFSET_BITS) + offsets, return_counts=True)
    votes[:-1] += np.where(np.diff(codes) == 1, votes[1:], 0)
    # An offset may be negative, which borrows from the number of the pair.
    of_pair = (codes + (1 << (_OFFSET_BITS - 1))) >> _OFFSET_BITS
    starts = np.flatnonzero(np.diff(of_pair, prepend=-1))
    return of_pair[starts], np.maximum.reduceat(votes, starts)


def _keys_needed(n_keys: np.ndarray) -> np.ndarray:
    """How many keys must agree to make a candidate: one of a short note, five of a clip of many keys.

    Those that two recordings share by chance lie in scattered places.
    """
    return np.clip(n_keys // 12, 1, 5)


def _offsets(keys_a: np.ndarray, places_a: np.ndarray, keys_b: np.ndarray, places_b: np.ndarray) -> list[int]:
    """By how many frames the second recording lies after the first, the likeliest first."""
    _, at_a, at_b = np.intersect1d(keys_a, keys_b, assume_unique=True, return_indices=True)
    counted = Counter((places_a[at_a] - places_b[at_b]).tolist())
    return [offset for offset, _ in counted.most_common(_OFFSETS_TRIED)]


def _best_match(one: _Recording, other: _Recording, offsets: list[int]) -> tuple[_Match | None, list[int]]:
    """The match of the smallest distance, if that is small enough; and the offsets at which it is not out of reach."""
    tried, alike = [], []
    for offset in offsets:
        match = _compared(one, other, offset)
        if match and match.distance_db < _WORTH_HEARING_DB:
            alike.append(offset)
        # Keys lie on a grid of frames; between its points levels are interpolated.
        if match and match.distance_db < _NOT_HOPELESS_DB:
            beside = (_compared(one, other, offset + step) for step in (-0.5, -0.25, 0.25, 0.5))
            tried += [match, *filter(None, beside)]
    found = [match for match in tried if match.distance_db < match.limit_db]
    return min(found, key=lambda match: match.distance_db, default=None), alike


def _match_in_phase(one: np.ndarray, other: np.ndarray, offsets: list[int]) -> _Match | None:
    """The match of the first offset near which the samples are in phase.

    The keys of a sustained note say little about the place: what lies around an offset is looked through, too.
    """
    tried: list[int] = []
    for offset in offsets:
        if any(abs(offset - other_offset) * HOP < _AROUND for other_offset in tried):
            continue
        tried.append(offset)
        found = coherence.in_phase(one, other, offset * HOP, _AROUND)
        if found:
            return _Match(None, np.inf, found.lag / HOP, found.n / HOP, found.coherence)
    return None


def _compared(one: _Recording, other: _Recording, offset: float) -> _Match | None:
    """How alike two recordings are where frame j of the other is frame j + `offset` of the one; None: too little of
    them sounds there."""
    whole = int(np.floor(offset))
    share = np.float32(offset - whole)
    skip_a, skip_b = max(0, whole), max(0, -whole)
    n = min(len(one.levels) - 1 - skip_a, len(other.levels) - skip_b)
    if n < MIN_FRAMES:
        return None
    both = one.sounding[skip_a : skip_a + n] & other.sounding[skip_b : skip_b + n]
    n_frames = int(both.sum())
    if n_frames < max(MIN_FRAMES, MIN_OVERLAP * min(one.n_sounding, other.n_sounding)):
        return None
    frames = np.flatnonzero(both)[:: max(1, n_frames // _FRAMES_COMPARED)]
    a = one.levels[skip_a + frames] * (1 - share) + one.levels[skip_a + frames + 1] * share
    b = other.levels[skip_b + frames].astype(np.float32)
    in_both = (a > 0) & (b > 0)
    if not in_both.any():
        return None
    louder = np.median((a - b)[in_both])
    floor = max(-louder, np.float32(0))
    a, b = np.maximum(a - louder, floor), np.maximum(b, floor)
    audible = (a > floor) | (b > floor)
    distance_db = float(np.abs(a - b)[audible].mean()) / STEPS_PER_DB
    limit_db = MAX_DISTANCE_DB if n_frames * _FRAME_S < LONG_S else MAX_DISTANCE_OF_LONG_DB
    limit_db *= min(1.0, int(audible.sum()) / ENOUGH_CELLS)
    return _Match(distance_db, limit_db, offset, n_frames)
