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


def test_labels_without_any_in_common_stop(tmp_path):
    with pytest.raises(SoundcheckError, match=r"no label in common: \['a', 'b'\] ... and \['c', 'd'\]"):
        joined(tmp_path, ["a", "b"], ["c", "d"])
    assert joined(tmp_path, ["a", "b"], ["c", "B", "d"]) == [None, "b", None]


def two_splits(tmp_path, task_type="multiclass"):
    """A split of two folds, and one of which all tracks are tested but one; the joined table and its metadata."""
    about = {"task": "hits", "split": "all", "task_type": task_type, "left_out_labels": {"z": "rare"}}
    parts = [["train", "validation", "test", "left_out"], ["test", "train", "validation", "left_out"]]
    rows = [
        {"track_id": f"t{i}", "fold": fold, "part": part, "label": ["1.5"] if task_type == "regression" else ["low"],
         "group": ["g", None, "h", "g"][i], "reason": "rare" if part == "left_out" else None}
        for fold, inside in enumerate(parts, start=1)
        for i, part in enumerate(inside)
    ]  # fmt: skip
    classes = ["speed"] if task_type == "regression" else ["high", "low"]
    parquet.write(pa.Table.from_pylist(rows, SCHEMA), tmp_path / "one.parquet", about | {"classes": classes})
    labels = [["3.5"], ["2.0"], []] if task_type == "regression" else [["LOW"], ["hum", "High"], ["hum"]]
    rows = [
        {"track_id": f"t{i}", "fold": 0, "part": "test" if i < 2 else "left_out", "label": label, "group": group,
         "reason": None if i < 2 else "no label"}
        for i, (label, group) in enumerate(zip(labels, ["g", None, None], strict=True))
    ]  # fmt: skip
    parquet.write(pa.Table.from_pylist(rows, SCHEMA), tmp_path / "other.parquet", about | {"classes": ["hum"]})
    return joining.join_splits(
        str(tmp_path / "one.parquet"), str(tmp_path / "other.parquet"), ["one", "other"], "one-to-other"
    )


def test_each_fold_trains_on_its_own_parts_and_tests_all_of_the_other_dataset(tmp_path):
    table, metadata = two_splits(tmp_path, "multilabel")
    rows = {(row["fold"], row["track_id"]): row for row in table.to_pylist()}
    assert list(rows) == sorted((fold, f"{name}/t{i}") for fold in (1, 2) for name, n in (("one", 4), ("other", 3))
                                for i in range(n))  # fmt: skip
    untested = "in the test part of one, which is not tested here"
    for fold, parts in ((1, ["train", "validation", "left_out", "left_out"]), (2, ["left_out", "train", "validation"])):
        for i, part in enumerate(parts):
            assert rows[fold, f"one/t{i}"]["part"] == part
            assert rows[fold, f"one/t{i}"]["label"] == ["low"]
        assert rows[fold, f"one/t{parts.index('left_out')}"]["reason"] == untested
        assert rows[fold, "one/t3"]["reason"] == "rare"
        assert [rows[fold, f"one/t{i}"]["group"] for i in range(4)] == ["one/g", None, "one/h", "one/g"]
        assert [rows[fold, f"other/t{i}"]["group"] for i in range(3)] == ["other/g", None, None]
        assert [rows[fold, f"other/t{i}"]["label"] for i in range(3)] == [["low"], ["high"], ["hum"]]
        assert [rows[fold, f"other/t{i}"]["part"] for i in range(3)] == ["test", "test", "left_out"]
        assert rows[fold, "other/t2"]["reason"] == "no label"
    assert metadata["classes"] == ["high", "low"]
    assert metadata["left_out_labels"] == {"z": "rare", "hum": "label 'hum' of other is none of one"}
    assert (metadata["dataset"], metadata["tested_on"]) == ("one-to-other", "other")
    assert metadata["group_overlap"] == []


def test_groups_that_training_and_validation_share_are_named(tmp_path):
    two_splits(tmp_path)
    rows = parquet.read(tmp_path / "one.parquet").to_pylist()
    rows[1]["group"] = "g"
    about = parquet.metadata(tmp_path / "one.parquet") | {"group_overlap": ["something else"]}
    parquet.write(pa.Table.from_pylist(rows, SCHEMA), tmp_path / "one.parquet", about)
    paths = [str(tmp_path / name) for name in ("one.parquet", "other.parquet")]
    assert joining.join_splits(*paths, ["one", "other"], "both")[1]["group_overlap"] == ["one/g"]


def test_numbers_are_joined_as_they_are(tmp_path):
    table, metadata = two_splits(tmp_path, "regression")
    labels = {row["track_id"]: row["label"] for row in table.to_pylist()}
    assert (labels["one/t0"], labels["other/t0"], labels["other/t1"]) == (["1.5"], ["3.5"], ["2.0"])
    assert metadata["left_out_labels"] == {"z": "rare"}


def test_tracks_of_both_datasets_keep_their_files_and_groups(tmp_path):
    for name, groups in (("one", ["g", None]), ("other", [None, "g"])):
        table = pa.table(
            {
                "track_id": ["b", "a"],
                "path": ["x/b.wav", "a.wav"],
                "duration_s": [2.0, None],
                "sample_rate": pa.array([8000, None], pa.int32()),
                "channels": pa.array([1, None], pa.int32()),
                "group": pa.array(groups, pa.string()),
                "left_out": [None, "missing file"],
                "own": ["only", name],
            }
        )
        about = {"title": name.title(), "licence": "CC", "citation": "A" if name == "other" else ""}
        about |= {"synthetic": name == "other", "n_found": 2, "n_left_out": 1}
        parquet.write(table, tmp_path / f"{name}.parquet", about)
    paths = [str(tmp_path / f"{name}.parquet") for name in ("one", "other")]
    table, metadata = joining.join_tracks(paths, ["one", "other"], ["data/1", "data/2"], "both")
    assert [(row["track_id"], row["path"], row["group"], row["left_out"]) for row in table.to_pylist()] == [
        ("one/a", "data/1/a.wav", None, "missing file"),
        ("one/b", "data/1/x/b.wav", "one/g", None),
        ("other/a", "data/2/a.wav", "other/g", "missing file"),
        ("other/b", "data/2/x/b.wav", None, None),
    ]
    assert metadata == {
        "dataset": "both", "title": "One to Other", "licence": "CC", "citation": "A", "synthetic": True, "n_found": 4,
        "n_left_out": 2,
    }  # fmt: skip
