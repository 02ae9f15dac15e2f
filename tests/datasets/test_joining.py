"""Splits that are joined from two datasets: which label of the one is which of the other."""

import pyarrow as pa
import pytest

from soundcheck import parquet
from soundcheck.datasets import joining
from soundcheck.datasets.splits.table import SCHEMA
from soundcheck.plumbing.errors import SoundcheckError


def write(path, labels, parts, classes):
    rows = [
        {"track_id": f"t{i}", "fold": 0, "part": part, "label": [label], "group": None, "reason": None}
        for i, (label, part) in enumerate(zip(labels, parts, strict=True))
    ]
    table = pa.Table.from_pylist(rows, SCHEMA)
    metadata = {"task": "hits", "split": "single", "task_type": "multiclass", "classes": classes}
    parquet.write(table, path, metadata | {"left_out_labels": {}})


def joined(tmp_path, trained, tested):
    """The labels of the tested tracks, under the names of training; None for one that is left out."""
    write(tmp_path / "one.parquet", trained * 2, ["train"] * len(trained) + ["validation"] * len(trained), trained)
    write(tmp_path / "other.parquet", tested, ["test"] * len(tested), tested)
    table, _ = joining.join_splits(
        str(tmp_path / "one.parquet"), str(tmp_path / "other.parquet"), ["one", "other"], "one-to-other"
    )
    rows = [row for row in table.to_pylist() if row["track_id"].startswith("other/")]
    return [row["label"][0] if row["part"] == "test" else None for row in rows]


def test_marks_spaces_and_case_do_not_tell_labels_apart_but_accidentals_do(tmp_path):
    found = joined(tmp_path, ["Hi-Hat", "B", "B♭"], ["hi hat", "b♭", "B", "B♯"])
    assert found == ["Hi-Hat", "B♭", "B", None]


def test_a_label_that_could_be_either_of_two_stops(tmp_path):
    with pytest.raises(SoundcheckError, match="'hi-hat' and 'hihat'"):
        joined(tmp_path, ["hi-hat", "hihat"], ["hi hat"])
