"""What tells recordings apart: a digest of the decoded samples, and a fingerprint that survives re-encoding.

The fingerprint is a mel spectrogram, as librosa computes it. Its levels are kept, with which `duplicates`
compares two recordings frame by frame; and for each frame a key of 32 bits, the signs of the differences between
neighbouring bands, by which recordings are looked up. Keys of this kind are those of Haitsma and Kalker, "A Highly
Robust Audio Fingerprinting System" (ISMIR 2002), but for one thing: the signs are not differenced over time, so that
they hold for sustained notes too.
"""

import itertools
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from soundcheck.audio.files import AudioFile, UnusableAudioError, opened
from soundcheck.audio.samples import mono_blocks
from soundcheck.plumbing.jobs.workers import processes
from soundcheck.plumbing.logs import progress

# What telephones and 16 kbps leave of music is enough to know it again.
RATE = 8000
WINDOW = 1024
HOP = 256
N_BANDS = 33
# Levels are kept in steps of half a decibel above a floor that lies this far below the loudest.
STEPS_PER_DB = 2
RANGE_DB = 45
# Quieter frames are background: their keys say nothing about a recording.
SOUNDING_DB = 35
# A long recording keeps the same number of keys as a clip of a few seconds: those that are smallest after mixing, so
# that two versions of a recording keep the same ones.
MAX_KEYS = 256
_MIXER = np.uint32(2654435761)
# Samples decoded at once: little enough for the processor's cache, and long recordings need no more memory than short.
_BLOCK = 1 << 16
_FRAMES_AT_ONCE = 1024
_ROW_GROUP = 256

_BITS = np.uint32(1) << np.arange(N_BANDS - 1, dtype=np.uint32)


@dataclass(frozen=True)
class Fingerprint:
    """Of one recording: `digest` of its samples; `keys` `(n,)`, sorted, with the frame in which each is first heard
    (`places`); `levels` `(n_frames, N_BANDS)`, in steps of 1 / STEPS_PER_DB dB above the floor."""

    digest: str
    keys: np.ndarray
    places: np.ndarray
    levels: np.ndarray


def fingerprint(path: str | Path) -> Fingerprint:
    """Decode a file once, in blocks, for its digest and its fingerprint.

    The digest, XXH3 of 128 bits, covers the samples as float32, their rate and the number of channels; tags and
    containers do not count.

    Raises:
        UnusableAudioError: the file is missing, not readable as audio, empty, silent, or not finite throughout.
    """
    import soxr
    import xxhash

    with opened(path) as file:
        digest = xxhash.xxh3_128(f"{file.rate} Hz, {file.channels} channels".encode())
        low_rate = soxr.ResampleStream(file.rate, RATE, 1, dtype="float32", quality="LQ")
        energies = _energies(low_rate.resample_chunk(*block) for block in _mono_blocks(file, digest))
    return Fingerprint(digest.hexdigest(), *_described(energies))


def write_fingerprints(
    tracks: list[tuple[str, str]], folder: str | Path, path: str | Path, n_workers: int = 1
) -> dict[str, str]:
    """Write the fingerprints of `(track_id, path)` tracks as Parquet; return the reasons of those that have none.

    Columns: track_id, left_out (reason or null), digest, keys, places, levels. Workers decode in parallel; the file
    does not depend on their number. Audio that cannot be used is listed, and stops nothing.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    # Workers share what is loaded before they are forked.
    import soundfile  # noqa: F401
    import soxr  # noqa: F401
    import xxhash  # noqa: F401
    from librosa.feature import melspectrogram  # noqa: F401

    from soundcheck.plumbing.files import atomic

    schema = pa.schema(
        [
            ("track_id", pa.string()),
            ("left_out", pa.string()),
            ("digest", pa.string()),
            ("keys", pa.list_(pa.uint32())),
            ("places", pa.list_(pa.int32())),
            ("levels", pa.binary()),
        ]
    )
    left_out = {}
    with (
        atomic(path) as temporary,
        processes(n_workers if n_workers > 1 else 0) as workers,
        pq.ParquetWriter(temporary, schema, compression="zstd") as writer,
    ):
        files = [os.path.join(folder, name) for _, name in tracks]
        made = workers.map(_fingerprint_or_reason, files, chunksize=8)
        made = progress(made, "fingerprints", "tracks", len(tracks))
        rows = (_row(track_id, found) for (track_id, _), found in zip(tracks, made, strict=True))
        while group := list(itertools.islice(rows, _ROW_GROUP)):
            left_out |= {row["track_id"]: row["left_out"] for row in group if "left_out" in row}
            writer.write_table(pa.Table.from_pylist(group, schema))
    return left_out


def _fingerprint_or_reason(path: str) -> Fingerprint | str:
    try:
        return fingerprint(path)
    except UnusableAudioError as reason:
        return str(reason)


def _row(track_id: str, found: Fingerprint | str) -> dict:
    if isinstance(found, str):
        return {"track_id": track_id, "left_out": found}
    values = {"keys": found.keys, "places": found.places, "levels": found.levels.tobytes()}
    return {"track_id": track_id, "digest": found.digest} | values


def _mono_blocks(file: AudioFile, digest) -> Iterator[tuple[np.ndarray, bool]]:
    """The mean of the channels block by block, then nothing, with True for the end; `digest` gets all samples."""
    for mono in mono_blocks(file, _BLOCK, lambda samples: digest.update(np.ascontiguousarray(samples).data)):
        yield np.ascontiguousarray(mono), False
    yield np.zeros(0, dtype=np.float32), True


def _energies(blocks: Iterator[np.ndarray]) -> np.ndarray:
    """Energy in each band of each frame, `(n_frames, N_BANDS)`; less than a window is padded with zeros."""
    found, waiting = [], np.zeros(0, dtype=np.float32)
    for block in blocks:
        waiting = np.concatenate([waiting, block])
        n_frames = (len(waiting) - WINDOW) // HOP + 1
        if n_frames >= _FRAMES_AT_ONCE:
            found.append(_band_energies(waiting, n_frames))
            waiting = waiting[n_frames * HOP :]
    if not found or len(waiting) >= WINDOW:
        waiting = np.pad(waiting, (0, max(0, WINDOW - len(waiting))))
        found.append(_band_energies(waiting, (len(waiting) - WINDOW) // HOP + 1))
    return np.concatenate(found)


def _band_energies(samples: np.ndarray, n_frames: int) -> np.ndarray:
    from librosa.feature import melspectrogram

    heard = samples[: (n_frames - 1) * HOP + WINDOW]
    # Without a norm the upper bands, which are wider, lie hardly below the others, so that keys differ more.
    return melspectrogram(y=heard, sr=RATE, n_fft=WINDOW, hop_length=HOP, n_mels=N_BANDS, center=False, norm=None).T


def _described(energies: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Keys, places and levels of band energies `(n_frames, N_BANDS)`."""
    total = energies.sum(axis=1)
    loudest = max(float(total.max()), 1e-20)
    levels_db = 10 * np.log10(np.maximum(energies / loudest, 10 ** (-RANGE_DB / 10))) + RANGE_DB
    levels = np.round(levels_db * STEPS_PER_DB).astype(np.uint8)
    bits = levels_db[:, :-1] > levels_db[:, 1:]
    sounding = np.flatnonzero(total > loudest * 10 ** (-SOUNDING_DB / 10))
    keys, first = np.unique((bits * _BITS).sum(axis=1, dtype=np.uint32)[sounding], return_index=True)
    places = sounding[first]
    if len(keys) > MAX_KEYS:
        kept = np.sort(np.argsort(keys * _MIXER, kind="stable")[:MAX_KEYS])
        keys, places = keys[kept], places[kept]
    return keys, places.astype(np.int32), levels
