"""Audio files: opened by libsndfile, and read in blocks to where they really end, whatever their headers say."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from soundcheck.audio import mpeg
from soundcheck.audio.suffixes import UNREADABLE_SUFFIXES

# No recording has a lower rate; a header that says 1 Hz would make gigabytes of a few kilobytes.
MIN_RATE = 500
# Samples of all channels that are read at once.
BLOCK = 1 << 18
# libsndfile's word for a length that the header does not say, and more than any file holds.
_UNKNOWN_FRAMES = 1 << 60
# What programs that cannot go back to the header write as its size of the data.
_UNKNOWN_BYTES = 0x7FFF0000
# Fewer bytes behind the samples are leftovers of a tag.
_LEFTOVERS = 4096
# Shorter than this, what is missing is no loss but the rounding of a codec.
_ROUNDING_S = 0.01
_ROUNDING_OF_MP3_S = 0.16

# How files begin that are often taken for audio that can be read.
_BEGINNINGS = (
    (b"version https://git-lfs", "a pointer of Git LFS: fetch the files with `git lfs pull`"),
    (b"\x30\x26\xb2\x75", "Windows Media audio"),
    (b"\x1aE\xdf\xa3", "Matroska or WebM"),
    (b"MAC ", "Monkey's Audio"),
    (b"wvpk", "WavPack"),
    (b"MThd", "MIDI: notes, and no audio"),
    (b"#!AMR", "AMR"),
    (b"DSD ", "DSD"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"%PDF", "a PDF"),
    (b"\x00\x05\x16\x07", "what macOS keeps beside a file, and no audio"),
)
# Of these, a converter makes audio that can be read.
_CONVERTIBLE = (
    "M4A or MP4",
    "Windows Media audio",
    "Matroska or WebM",
    "Monkey's Audio",
    "WavPack",
    "AMR",
    "DSD",
    "AAC",
)


class UnusableAudioError(Exception):
    """This recording cannot be used; the message is the reason that the list of left-out items shows."""


@dataclass
class AudioFile:
    """An open file at its `rate` (Hz).

    `note` says, when all blocks are read, what is missing of the recording although it is used; None: it is whole.
    """

    path: Path
    rate: int
    channels: int
    handle: Any
    note: str | None = None

    def blocks(self, size: int = BLOCK) -> Iterator[np.ndarray]:
        """All samples as float32 `(n, channels)`, `size` of them at once in all channels, or fewer.

        Raises:
            UnusableAudioError: nothing of it can be decoded.
        """
        import soundfile

        n, step = 0, max(1, size // self.channels)
        failure = None
        # libsndfile reads no more frames than it promises, but perhaps fewer.
        while failure is None and n < self.handle.frames:
            samples = np.full((min(step, self.handle.frames - n), self.channels), np.nan, dtype=np.float32)
            try:
                samples = self.handle.read(out=samples)
            except (soundfile.SoundFileError, RuntimeError) as error:
                # What was decoded before a failure is there, and behind it what was there before.
                failure = str(error)
                samples = samples[: int(np.argmax(np.isnan(samples[:, -1])))] if np.isnan(samples[-1, -1]) else samples
            if not len(samples):
                break
            n += len(samples)
            yield samples
        if failure is not None and n == 0:
            raise UnusableAudioError(f"damaged: nothing of it can be decoded ({failure.rstrip('.')})")
        # To set its place anew fails at the end of a FLAC of unknown length, and means nothing.
        self.note = self._missing(n, failure is not None and "psf_fseek" not in failure)

    def _missing(self, n: int, failed: bool) -> str | None:
        promised = self._promised()
        rounding_s = _ROUNDING_OF_MP3_S if self.handle.format == "MP3" else _ROUNDING_S
        if promised is not None and promised - n > rounding_s * self.rate:
            what = "damaged: decoding stops" if failed else "ends"
            return f"{what} before its header says: {n / self.rate:.2f} of {promised / self.rate:.2f} s"
        if failed:
            return f"damaged: decoding stops after {n / self.rate:.2f} s"
        if self.handle.format == "OGG" and not _has_last_page(self.path):
            return f"its end is missing: {n / self.rate:.2f} s are there"
        behind = re.search(r"Unknown chunk marker .* at position (\d+)\. Exiting parser", self.handle.extra_info)
        n_bytes = self.path.stat().st_size - int(behind[1]) if behind else 0
        if n_bytes >= _LEFTOVERS:
            return f"its header tells of {n / self.rate:.2f} s; {n_bytes:,} bytes behind them were not read"
        return None

    def _promised(self) -> int | None:
        """How many samples the header says there are in each channel; None where it does not say."""
        frames = self.handle.frames
        if frames >= _UNKNOWN_FRAMES:
            return None
        if self.handle.format == "MP3":
            return frames if mpeg.has_count(self.path) else None
        # libsndfile notes that it takes less than a chunk is said to hold.
        noted = re.search(r"(?:data|SSND|Data Size)\s*: (\d+) \(should be (\d+)\)", self.handle.extra_info)
        if noted:
            said, there = map(int, noted.groups())
            if there < said < _UNKNOWN_BYTES:
                return round(frames * said / max(1, there))
        return frames


@contextmanager
def opened(path: str | Path) -> Iterator[AudioFile]:
    """An audio file, to be read once from its beginning.

    Raises:
        UnusableAudioError: the file is missing, not readable as audio, or has a sample rate that no audio has.
    """
    path = Path(path)
    handle = _handle(path)
    try:
        if handle.samplerate < MIN_RATE:
            raise UnusableAudioError(f"its header says {handle.samplerate} Hz, which is no sample rate of audio")
        if handle.format == "MP3" and (whole := mpeg.with_true_count(path, handle.frames)):
            import soundfile

            handle.close()
            handle = soundfile.SoundFile(whole)
        yield AudioFile(path, handle.samplerate, handle.channels, handle)
    finally:
        handle.close()


@dataclass(frozen=True)
class Header:
    """What a file says of itself: its length (s), None where it does not say; sample rate (Hz); channels."""

    duration_s: float | None
    sample_rate: int
    channels: int


def header(path: str | Path) -> Header:
    """The header of an audio file. An MP3 file without a true count of its frames is read whole, to count them.

    Raises:
        UnusableAudioError: it is missing, has no bytes, no samples, or is not readable as audio.
    """
    path = Path(path)
    with _handle(path) as handle:
        frames = handle.frames
        duration_s: float | None = frames / handle.samplerate
        if frames >= _UNKNOWN_FRAMES:
            duration_s = None
        elif handle.format == "MP3" and not mpeg.has_count(path):
            duration_s = mpeg.duration_s(path) or duration_s
        return Header(duration_s, handle.samplerate, handle.channels)


def _handle(path: Path) -> Any:
    import soundfile

    try:
        handle = soundfile.SoundFile(path)
    except (soundfile.SoundFileError, RuntimeError, OSError) as error:
        # A path that no system takes, too long or not a name, is missing as well.
        if not os.path.exists(path):
            raise UnusableAudioError("missing file") from error
        if not os.path.isfile(path):
            raise UnusableAudioError("not readable as audio: it is no file") from error
        if path.stat().st_size == 0:
            raise UnusableAudioError("empty file (0 bytes)") from error
        raise UnusableAudioError(f"not readable as audio: {_why(path, error)}") from error
    except TypeError as error:
        # Only of .raw does soundfile ask what no file says.
        what = "no header says how its samples are written; convert it, for example to FLAC"
        raise UnusableAudioError(f"not readable as audio: {what}") from error
    if handle.frames == 0:
        handle.close()
        raise UnusableAudioError(_empty(path))
    return handle


def _why(path: Path, error: Exception) -> str:
    found = what_it_is(path)
    if found:
        can_be_converted = found.startswith(_CONVERTIBLE)
        return f"it is {found}{'; convert it, for example to FLAC' if can_be_converted else ''}"
    # libsndfile puts the path before its reason.
    reason = str(error).rpartition(f"{str(path)!r}: ")[2].strip().rstrip(".")
    suffix = path.suffix.lower()
    if "does not exist" in reason:
        # What libmpg123 cannot read, libsndfile says is not there.
        reason = f"Format not recognised; is it really {suffix.removeprefix('.').upper() or 'audio'}?"
    if suffix in UNREADABLE_SUFFIXES:
        return f"{reason} ({suffix} is not supported: convert it, for example to FLAC)"
    return reason


def what_it_is(path: str | Path) -> str | None:
    """What a file that is no readable audio is by its first bytes, whatever its name says; None: that is not known."""
    with open(path, "rb") as file:
        begin = file.read(512)
    for bytes_, what in _BEGINNINGS:
        if begin.startswith(bytes_):
            return what
    if begin[4:8] == b"ftyp":
        return "M4A or MP4"
    if len(begin) > 1 and begin[0] == 0xFF and begin[1] & 0xF6 == 0xF0:
        return "AAC"
    text = begin.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype html", b"<html")):
        return "a page of HTML, perhaps a download that was refused"
    if text.startswith((b"<?xml", b"{", b"[")):
        return "XML or JSON, perhaps a download that was refused"
    return None


def _empty(path: Path) -> str:
    size = path.stat().st_size
    if size < 1000:
        return "empty (0 frames)"
    why = (
        "it is cut, or what wrote it did not finish its header; convert it with a program that does not ask the header"
    )
    return f"empty by its header (0 frames), though it has {size:,} bytes: {why}"


def _has_last_page(path: Path) -> bool:
    """Whether the last page of an Ogg file says that it is the last one of its stream."""
    with open(path, "rb") as file:
        file.seek(0, 2)
        file.seek(max(0, file.tell() - (1 << 17)))
        tail = file.read()
    at = tail.rfind(b"OggS")
    return at < 0 or len(tail) < at + 6 or bool(tail[at + 5] & 4)
