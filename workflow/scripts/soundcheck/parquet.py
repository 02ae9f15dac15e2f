"""Parquet tables that carry their provenance in the schema's metadata."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from soundcheck.plumbing.files import atomic

_KEY = b"soundcheck"


def write(table: pa.Table, path: str | Path, metadata: dict | None = None) -> None:
    """Write `table` atomically; `metadata` (JSON-able) is kept under the key `soundcheck` of the schema."""
    if metadata is not None:
        text = json.dumps(metadata, sort_keys=True, ensure_ascii=False)
        table = table.replace_schema_metadata({_KEY: text.encode()})
    with atomic(path) as temporary:
        pq.write_table(table, temporary, use_dictionary=repeating(table.schema))


def repeating(schema: pa.Schema) -> list[str]:
    """The columns to store with a dictionary of their values: all but floats, by the names that Parquet gives them.

    Floats hardly ever repeat; looking for it takes most of the time of writing them, and space.
    """
    names = []
    for field in schema:
        is_list = isinstance(field.type, pa.ListType | pa.FixedSizeListType)
        if not pa.types.is_floating(field.type.value_type if is_list else field.type):
            names.append(f"{field.name}.list.element" if is_list else field.name)
    return names


def read(path: str | Path, columns: list[str] | None = None) -> pa.Table:
    """Read a table that `write` wrote, or some of its columns."""
    # One file, read whole: the dataset machinery behind read_table costs more than the reading of a small file.
    return pq.ParquetFile(path).read(columns=columns)


def metadata(path: str | Path) -> dict:
    """The metadata that `write` kept with the table; empty where there are none."""
    return json.loads((pq.read_schema(path).metadata or {}).get(_KEY, b"{}"))
