"""The frames of an MP3 file, counted: its length by what is there, where libsndfile has an estimate or a promise.

A file without a count in its first frame (Xing, Info, VBRI) has a length that libsndfile guesses from the bit rate of
that frame, and it reads no further. Files that were put together one after the other have the count of the first.
"""

import io
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

_KBPS = {
    # (is MPEG 1, layer): bit rates by their index
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_SAMPLES = {(True, 1): 384, (True, 2): 1152, (True, 3): 1152, (False, 1): 384, (False, 2): 1152, (False, 3): 576}
# Version bits of a header: MPEG 1, 2 and 2.5.
_DIVISORS = {3: 1, 2: 2, 0: 4}
# What may stand in front of the first frame besides tags: leftovers of other formats.
_SEARCHED = 1 << 16
# More than this many bytes behind the end that is told are looked at: they may be another file's.
_TAGS_AT_THE_END = 1 << 10


@dataclass(frozen=True)
class _Kind:
    """What all frames of a stream have in common."""

    rate: int
    n_samples: int
    version: int
    layer: int


def _lengths() -> dict[int, tuple[int, _Kind]]:
    """By the second and third byte of a frame: its length in bytes and its kind."""
    found: dict[int, tuple[int, _Kind]] = {}
    # One object for each kind, so that kinds are compared by identity.
    kinds: dict[_Kind, _Kind] = {}
    for second in range(0xE0, 0x100):
        version, layer = second >> 3 & 3, 4 - (second >> 1 & 3)
        if version not in _DIVISORS or layer == 4:
            continue
        family = (version == 3, layer)
        for third in range(0x100):
            index, rate_index, padding = third >> 4, third >> 2 & 3, third >> 1 & 1
            if index in (0, 15) or rate_index == 3:
                continue
            rate = (44_100, 48_000, 32_000)[rate_index] // _DIVISORS[version]
            n_samples, slot = _SAMPLES[family], 4 if layer == 1 else 1
            length = (n_samples // 8 * _KBPS[family][index - 1] * 1000 // (rate * slot) + padding) * slot
            kind = _Kind(rate, n_samples, version, layer)
            found[second << 8 | third] = (length, kinds.setdefault(kind, kind))
    return found


_LENGTHS = _lengths()


def has_count(path: str | Path) -> bool:
    """Whether the first frame says how many there are, and no more bytes follow than it says, if it does."""
    with open(path, "rb") as file:
        begin = _after_tags(file)
        file.seek(begin)
        data = file.read(_SEARCHED)
        size = file.seek(0, io.SEEK_END) - begin
    at = _next_frame(data, 0, None)
    if at is None or not _is_count(data, at):
        return False
    said = _bytes_said(data[at : at + _length(data, at)])
    return said is None or size - at <= said + _TAGS_AT_THE_END


def duration_s(path: str | Path) -> float | None:
    """The length by the frames that are there; None where there are none that can be told."""
    data, at = _audio(path)
    if at is None:
        return None
    n_frames, kind = _count(data, at + _length(data, at) if _is_count(data, at) else at, _kind(data, at))
    return n_frames * kind.n_samples / kind.rate


def with_true_count(path: str | Path, promised: int) -> BinaryIO | None:
    """The stream behind a frame that has the true count, where there is more than the `promised` samples, else None."""
    data, at = _audio(path)
    if at is None:
        return None
    kind = _kind(data, at)
    begin = at + _length(data, at) if _is_count(data, at) else at
    n_frames, _ = _count(data, begin, kind)
    # Encoders' delays are cut off, which makes a promise shorter by less than two frames or so.
    if n_frames * kind.n_samples <= promised + 3 * kind.n_samples:
        return None
    return io.BytesIO(_counting_frame(data[at : at + 4], n_frames) + data[begin:])


def _audio(path: str | Path) -> tuple[bytes, int | None]:
    """What follows the tags, and where its first frame lies."""
    with open(path, "rb") as file:
        begin = _after_tags(file)
        file.seek(begin)
        data = file.read()
    at = _next_frame(data, 0, None)
    return data, at if at is not None and at < _SEARCHED else None


def _after_tags(file: BinaryIO) -> int:
    """Where the last of the ID3v2 tags at the beginning ends."""
    begin = 0
    while True:
        file.seek(begin)
        head = file.read(10)
        if len(head) < 10 or head[:3] != b"ID3":
            return begin
        size = head[6] << 21 | head[7] << 14 | head[8] << 7 | head[9]
        begin += 10 + size + (10 if head[5] & 0x10 else 0)


def _length(data: bytes, at: int) -> int:
    return _LENGTHS[data[at + 1] << 8 | data[at + 2]][0]


def _kind(data: bytes, at: int) -> _Kind:
    return _LENGTHS[data[at + 1] << 8 | data[at + 2]][1]


def _next_frame(data: bytes, begin: int, kind: _Kind | None) -> int | None:
    """The first place from `begin` on where a frame is followed by another of its kind, or ends the stream."""
    at = data.find(b"\xff", begin)
    while 0 <= at < len(data) - 3:
        found = _LENGTHS.get(data[at + 1] << 8 | data[at + 2])
        if found and kind in (None, found[1]):
            after = at + found[0]
            following = _LENGTHS.get(data[after + 1] << 8 | data[after + 2]) if after + 3 <= len(data) else None
            if after == len(data) or (following and data[after] == 0xFF and following[1] == found[1]):
                return at
        at = data.find(b"\xff", at + 1)
    return None


def _count(data: bytes, begin: int, kind: _Kind) -> tuple[int, _Kind]:
    """The number of whole frames of a kind; what lies between them is skipped."""
    n_frames, at, end = 0, begin, len(data)
    while at + 3 <= end:
        found = _LENGTHS.get(data[at + 1] << 8 | data[at + 2]) if data[at] == 0xFF else None
        if found and found[1] is kind:
            at += found[0]
            n_frames += at <= end
        else:
            resumed = _next_frame(data, at + 1, kind)
            if resumed is None:
                break
            at = resumed
    return n_frames, kind


def _is_count(data: bytes, at: int) -> bool:
    frame = data[at : at + _length(data, at)]
    place = _place_of_count(frame)
    return frame[place : place + 4] in (b"Xing", b"Info") or frame[36:40] == b"VBRI"


def _bytes_said(frame: bytes) -> int | None:
    """How long the stream is by the frame that counts it; None where it does not say."""
    if frame[36:40] == b"VBRI":
        return int.from_bytes(frame[46:50], "big")
    place = _place_of_count(frame)
    flags = int.from_bytes(frame[place + 4 : place + 8], "big")
    place += 12 if flags & 1 else 8
    return int.from_bytes(frame[place : place + 4], "big") if flags & 2 else None


def _place_of_count(frame: bytes) -> int:
    """Behind the side information, whose size follows from the version and the number of channels."""
    is_first, is_mono = frame[1] >> 3 & 3 == 3, frame[3] >> 6 == 3
    return 4 + (17 if is_first else 9) + (0 if is_mono else 15 if is_first else 8)


def _counting_frame(header: bytes, n_frames: int) -> bytes:
    """An Info frame for a stream whose frames have such a header; it sounds of nothing."""
    # Of the highest bit rate, so that there is room; without a checksum.
    frame = bytes([header[0], header[1] | 1, 0xE0 | header[2] & 0x0C, header[3]])
    frame += bytes(_length(frame, 0) - len(frame))
    place = _place_of_count(frame)
    written = b"Info" + struct.pack(">II", 1, n_frames)
    return frame[:place] + written + frame[place + len(written) :]
