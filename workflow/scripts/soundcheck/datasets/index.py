"""The table of a dataset's tracks: what its module lists, and what the headers of the audio files say."""

import itertools
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path
from types import ModuleType

import pandas as pd
import pyarrow as pa

from soundcheck.audio import files
from soundcheck.datasets import sources
from soundcheck.plumbing.errors import SoundcheckError, several
from soundcheck.plumbing.files import readable

_AUDIO = ("duration_s", "sample_rate", "channels", "left_out")
_SCHEMA = pa.schema(
    [
        ("track_id", pa.string()),
        ("path", pa.string()),
        ("duration_s", pa.float64()),
        ("sample_rate", pa.int32()),
        ("channels", pa.int32()),
        ("group", pa.string()),
        ("left_out", pa.string()),
    ]
)


def index(
    dataset_module: ModuleType, folder: str | Path, dataset_id: str, options: dict | None = None, n_workers: int = 1
) -> tuple[pa.Table, dict]:
    """The tracks of a dataset, sorted by id, and the table's metadata.

    Columns: track_id, path (relative to `folder`), duration_s, sample_rate (Hz), channels, group, left_out (reason or
    null), then the module's own. A file that is missing, empty or unreadable is listed with its reason, never dropped.
    `n_workers` threads read the headers; the table does not depend on their number.

    Raises:
        SoundcheckError: the module finds no track, or gives two tracks the same id.
    """
    folder = Path(folder)
    found = _with_readable_names(dataset_module.tracks(folder, **(options or {})))
    _check(found, folder, dataset_id)
    found = found.sort_values("track_id", ignore_index=True)
    known = found["left_out"] if "left_out" in found else itertools.repeat(None)
    headers = _headers(folder, list(found["path"]), n_workers)
    rows = [
        header | {"left_out": reason if isinstance(reason, str) else header["left_out"]}
        for header, reason in zip(headers, known, strict=False)
    ]
    own = [column for column in found if column not in _SCHEMA.names]
    columns = {name: [row[name] for row in rows] if name in _AUDIO else list(found[name]) for name in _SCHEMA.names}
    arrays = [pa.array(_without_nan(columns[field.name]), field.type) for field in _SCHEMA]
    arrays += [_own_column(name, list(found[name])) for name in own]
    table = pa.table(arrays, names=[*_SCHEMA.names, *own])
    metadata = {
        "dataset": dataset_id,
        **sources.about(dataset_module, options),
        "synthetic": dataset_module.SYNTHETIC,
        "n_found": table.num_rows,
        "n_left_out": sum(row["left_out"] is not None for row in rows),
    }
    return table, metadata


def check_usable(table: pa.Table, folder: str | Path, dataset_id: str) -> None:
    """Raise SoundcheckError, with the commonest reason, where each track of a dataset is left out."""
    reasons = Counter(table["left_out"].to_pylist())
    if None in reasons:
        return
    reason, n = reasons.most_common(1)[0]
    raise SoundcheckError(
        f"dataset '{dataset_id}': not one of its {table.num_rows} tracks in '{folder}' can be used; "
        f"{n} of them: {reason}."
    )


def header(path: Path) -> dict:
    """What the header of one audio file says: `duration_s`, `sample_rate`, `channels`; or `left_out`, the reason.

    The length is that of the decoded samples, or nearly; where a file ends before its header says, it is the header's.
    """
    try:
        return asdict(files.header(path)) | {"left_out": None}
    except files.UnusableAudioError as reason:
        return dict.fromkeys(_AUDIO) | {"left_out": str(reason)}


def _headers(folder: Path, paths: Sequence[str], n_workers: int) -> list[dict]:
    # Reading headers is mostly waiting for the disk, and libsndfile releases the interpreter's lock.
    with ThreadPoolExecutor(max_workers=max(1, n_workers)) as pool:
        return list(pool.map(lambda path: header(folder / path), paths))


def _with_readable_names(found: pd.DataFrame) -> pd.DataFrame:
    """The tracks without names that are no text, which no table can hold: these files are left out."""
    odd = [next((readable(name) for name in path.split("/") if readable(name) != name), None) for path in found["path"]]
    if not any(odd):
        return found
    found = found.astype(object)
    for column in found:
        found[column] = pd.Series([_readable(value) for value in found[column]], index=found.index, dtype=object)
    known = found["left_out"] if "left_out" in found else [None] * len(found)
    found["left_out"] = [
        reason if name is None else f"the name '{name}' is not UTF-8: rename it"
        for name, reason in zip(odd, known, strict=True)
    ]
    return found


def _readable(value: object) -> object:
    if isinstance(value, list):
        return [_readable(each) for each in value]
    return readable(value) if isinstance(value, str) else value


def _check(found: pd.DataFrame, folder: Path, dataset_id: str) -> None:
    if found.empty:
        raise SoundcheckError(
            f"dataset '{dataset_id}': no tracks found in '{folder}'. Is `dir` the folder that holds them?"
        )
    twice = found["track_id"][found["track_id"].duplicated(keep=False)]
    if len(twice):
        paths = found["path"][found["track_id"] == twice.iloc[0]]
        raise SoundcheckError(
            f"dataset '{dataset_id}': {twice.nunique()} track ids are not unique; "
            f"'{twice.iloc[0]}' names {several(paths)}."
        )


def _own_column(name: str, values: list) -> pa.Array:
    """Whole numbers, real numbers, truth values, strings and lists of strings, each as its own Arrow type."""
    values = _without_nan(values)
    present = [value for value in values if value is not None]
    try:
        if not present:
            return pa.array(values, pa.string())
        if all(isinstance(value, list | tuple) for value in present):
            return pa.array(values, pa.list_(pa.string()))
        array = pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError) as problem:
        raise SoundcheckError(f"metadata column '{name}' mixes types: {problem}.") from problem
    return array.cast(pa.string()) if pa.types.is_large_string(array.type) else array


def _without_nan(values: list) -> list:
    # pandas writes NaN (or NA) for what is not there, also in columns of strings and whole numbers.
    return [None if pd.api.types.is_scalar(value) and pd.isna(value) else value for value in values]
