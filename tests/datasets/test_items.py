"""The items of a task: which tracks, with which labels or numbers, and why others are out."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from soundcheck.datasets.splits.items import items_of, read_numbers
from soundcheck.datasets.splits.sampling import sampled
from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.tasks import TASK_TYPES

TRACKS = {"track_id": ["d", "b", "a", "c"], "group": ["g", None, float("nan"), "h"]}


def items(labels, kind="multilabel", **columns):
    frame = pd.DataFrame({**TRACKS, **columns}, dtype=object)
    found, counted = items_of(frame, labels, TASK_TYPES[kind], "here")
    return [tuple(row) for row in found.itertuples(index=False)], counted


def test_items_are_sorted_and_have_each_label_once_in_the_order_of_the_alphabet():
    rows, counted = items([["y", "x", "y"], [], ["z"], None])
    assert rows == [("a", None, ["z"], None), ("b", None, [], None), ("d", "g", ["x", "y"], None)]
    assert counted == {"n_tracks_left_out": 0, "n_not_applicable": 1}


def test_tracks_that_are_left_out_are_no_items_and_reasons_have_no_label():
    rows, counted = items([["x"], "not a key", ["y"], ["z"]], left_out=[None, None, "missing file", None])
    assert rows == [("b", None, [], "not a key"), ("c", "h", ["z"], None), ("d", "g", ["x"], None)]
    assert counted == {"n_tracks_left_out": 1, "n_not_applicable": 0}


def test_a_class_is_one_label_however_often_it_is_said():
    rows, _ = items([["x", "x"], ["x", "y"], [], ["y"]], "multiclass")
    assert [row[2] for row in rows] == [[], ["x", "y"], ["y"], ["x"]]
    assert [row[3] for row in rows] == ["no label", "has 2 labels (x, y), and the task is multiclass", None, None]


def test_an_arrow_table_has_the_same_items():
    frame = pd.DataFrame({**TRACKS, "left_out": [None, "missing file", None, None]}, dtype=object)
    frame["group"] = frame["group"].where(frame["group"].notna(), None)
    of_both = [
        items_of(each, [["x"]] * 4, TASK_TYPES["multiclass"], "here")
        for each in (frame, pa.Table.from_pandas(frame).select(["group", "track_id", "left_out"]))
    ]
    assert of_both[0][0].values.tolist() == of_both[1][0].values.tolist()
    assert of_both[0][1] == of_both[1][1]


def test_labels_for_other_tracks_are_refused():
    with pytest.raises(SoundcheckError, match="here: 3 labels for 4 tracks"):
        items([["x"]] * 3)


def numbers(labels, targets=None):
    frame = pd.DataFrame({"track_id": [f"{i:02}" for i in range(len(labels))], "group": None}, dtype=object)
    found, _ = items_of(frame, labels, TASK_TYPES["regression"], "here")
    return read_numbers(found, targets, "bpm"), found


def test_numbers_keep_their_order_and_read_back_exactly():
    names, found = numbers([["2", "0.1"], ["1e3", "-.5"], [" 7 ", "1.10"]])
    assert names == ["bpm 1", "bpm 2"]
    assert found["label"].tolist() == [["2.0", "0.1"], ["1000.0", "-0.5"], ["7.0", "1.1"]]
    assert found["strata"].tolist() == [["0 0", "1 0"]] * 3


def test_one_number_is_called_like_the_task_and_columns_like_themselves():
    assert numbers([["1"], ["2"]])[0] == ["bpm"]
    assert numbers([["1", "2"], ["2", "3"]], ["tempo", "level"])[0] == ["tempo", "level"]
    assert numbers([[], []])[0] == ["bpm"]


def test_the_usual_number_of_values_is_that_of_most_tracks_and_of_as_many_the_larger():
    names, found = numbers([["1"], ["1", "2"], [], [], "a reason", ["3", "4"], ["5"]])
    assert names == ["bpm 1", "bpm 2"]
    assert found["reason"].tolist() == [
        "has 1 value, not 2 values", None, "no value", "no value", "a reason", None, "has 1 value, not 2 values"
    ]  # fmt: skip
    assert [bool(each) for each in found["strata"]] == [False, True, False, False, False, True, False]
    assert numbers([["1"], ["2"], ["1", "2"]])[0] == ["bpm"]
    assert numbers([["1"], ["1", "2"]], ["tempo"])[1]["reason"].tolist() == [None, "has 2 values, not 1 value"]


def test_strata_are_tenths_of_the_tracks_for_each_target():
    _, found = numbers([[str(i), str(-i)] for i in range(100)])
    assert found["strata"].tolist() == [[f"0 {i // 10}", f"1 {(99 - i) // 10}"] for i in range(100)]


def sample(rows, per_class, seed=0):
    """The ids that are drawn of rows (part, labels, how many)."""
    whole = [(part, labels) for part, labels, n in rows for _ in range(n)]
    frame = pd.DataFrame(whole, columns=["part", "label"]).assign(track_id=[f"t{i:03}" for i in range(len(whole))])
    chosen = sampled(frame, per_class, np.random.default_rng(seed))
    return frame[frame["track_id"].isin(chosen)]


def test_a_sample_has_each_part_in_proportion_and_at_least_one_of_it():
    found = sample([("train", ["x"], 100), ("validation", ["x"], 19), ("test", ["x"], 1)], 12)
    assert found["part"].value_counts().to_dict() == {"train": 10, "validation": 2, "test": 1}
    assert sample([("train", ["x"], 100)], 12, seed=1)["track_id"].tolist() != sorted(found["track_id"])[:12]


def test_the_rarest_label_of_a_sample_chooses_first_so_that_others_need_no_more():
    for seed in range(5):
        found = sample([("train", ["a", "z"], 6), ("train", ["a"], 60)], 6, seed)
        assert found["label"].tolist() == [["a", "z"]] * 6
        found = sample([("train", ["a", "z"], 4), ("train", ["a"], 60)], 6, seed)
        assert found["label"].tolist() == [["a", "z"]] * 4 + [["a"]] * 2
