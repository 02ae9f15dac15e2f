"""TensorFlow's checkpoints, read without TensorFlow: it takes seconds to import, and excludes Essentia.

Source: TensorFlow's `tensor_bundle.proto` and `lib/io/format.cc`: `<prefix>.index` is an immutable table as in LevelDB,
from the names of tensors to the places of their bytes in `<prefix>.data-00000-of-00001`.
"""

import functools
import itertools
import struct
from collections.abc import Iterator
from pathlib import Path

import numpy as np

ATTRIBUTE = "/.ATTRIBUTES/VARIABLE_VALUE"
# The field `dtype` of a tensor; names of another type (strings, the graph of objects) are passed over.
DTYPES = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8", 19: "<f2"}

_MAGIC = 0xDB4775248B80FB57
_FOOTER = 48
_TRAILER = 5  # of a block: how it is compressed, and a checksum


def index_file(prefix: Path) -> Path:
    """The file that lists the tensors of the checkpoint `prefix`."""
    return prefix.with_name(f"{prefix.name}.index")


def data_files(prefix: Path) -> list[Path]:
    """The files that hold the numbers of the checkpoint `prefix`, in order."""
    return sorted(path for path in prefix.parent.iterdir() if path.name.startswith(f"{prefix.name}.data-"))


def read(prefix: Path) -> dict[str, np.ndarray]:
    """All numeric variables of the checkpoint `<prefix>.index`, by name; they are read from disk when they are used.

    Raises:
        OSError: a file is missing.
        ValueError: a file is damaged, shorter than it should be, or no checkpoint.
    """
    try:
        entries = list(_entries(index_file(prefix).read_bytes()))
        # The first entry, with an empty name, is the header.
        n_shards = dict(_fields(entries[0][1])).get(1, 1)
        return dict(_variables(prefix, entries[1:], n_shards))
    except (IndexError, KeyError, TypeError, UnicodeDecodeError, struct.error) as error:
        raise ValueError(f"{index_file(prefix)} is damaged") from error


def _variables(prefix: Path, entries: list[tuple[bytes, bytes]], n_shards: int) -> Iterator[tuple[str, np.ndarray]]:
    @functools.cache
    def shard(number: int) -> np.ndarray:
        return np.memmap(prefix.with_name(f"{prefix.name}.data-{number:05}-of-{n_shards:05}"), np.uint8, "r")

    for name, value in entries:
        fields = dict(_fields(value))
        dtype = DTYPES.get(fields[1])
        if dtype is None:
            continue
        shape = [dict(_fields(size)).get(1, 0) for number, size in _fields(fields.get(2, b"")) if number == 2]
        number, start, length = (fields.get(field, 0) for field in (3, 4, 5))
        stored = shard(number)[start : start + length]
        if len(stored) != length:
            raise ValueError(
                f"{prefix.name}.data-{number:05}-of-{n_shards:05} ends at byte {len(shard(number)):,}; "
                f"expected at least {start + length:,}"
            )
        yield name.decode().removesuffix(ATTRIBUTE), np.ndarray(shape, dtype, stored)


def _entries(table: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of a table, in order."""
    if len(table) < _FOOTER or struct.unpack("<Q", table[-8:])[0] != _MAGIC:
        raise ValueError("the index is no checkpoint's, or is cut short")
    footer = _Varints(table[-_FOOTER:])
    footer.next(), footer.next()  # where the unused index of metadata lies
    for _, handle in _block(table, footer.next(), footer.next()):
        place = _Varints(handle)
        yield from _block(table, place.next(), place.next())


def _block(table: bytes, start: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    block = table[start : start + size + _TRAILER]
    if len(block) < size + _TRAILER or block[size] != 0:
        raise ValueError("the index is damaged or compressed")
    (n_restarts,) = struct.unpack("<I", block[size - 4 : size])
    end = size - 4 - 4 * n_restarts
    key, reader = b"", _Varints(block)
    while reader.position < end:
        shared, unshared, length = reader.next(), reader.next(), reader.next()
        key = key[:shared] + reader.bytes(unshared)
        yield key, reader.bytes(length)


def _fields(message: bytes) -> Iterator[tuple[int, int | bytes]]:
    """The numbers and values of the fields of a protocol buffer."""
    reader = _Varints(message)
    while reader.position < len(message):
        number, kind = divmod(reader.next(), 8)
        if kind == 0:
            yield number, reader.next()
        else:
            size = {1: 8, 5: 4}[kind] if kind != 2 else reader.next()
            yield number, reader.bytes(size)


class _Varints:
    """Reads bytes from left to right, as numbers of seven bits a byte or as they are."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def next(self) -> int:
        value = 0
        for shift in itertools.count(0, 7):
            byte = self.data[self.position]
            self.position += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value

    def bytes(self, size: int) -> bytes:
        self.position += size
        if self.position > len(self.data):
            raise IndexError("beyond the end")
        return self.data[self.position - size : self.position]
