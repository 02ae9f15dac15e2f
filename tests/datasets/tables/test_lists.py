"""Several labels in one cell, as programs print lists: read as they are meant, or refused."""

import re

import numpy as np
import pandas as pd
import pytest

from soundcheck.datasets.support.tables import cells
from soundcheck.datasets.support.tables.lists import list_in

TAGS = ["slow", "it's sad", 'a "b", c']


@pytest.mark.parametrize(
    "printed",
    [
        str,
        lambda tags: str(tuple(tags)),
        lambda tags: str([np.str_(tag) for tag in tags]),
        lambda tags: str(np.array(tags)),
        lambda tags: str(np.array(tags * 9)),
        lambda tags: repr(np.array(tags)),
        lambda tags: repr(np.array(tags, dtype=object)),
        lambda tags: pd.Series(tags).to_json(orient="values"),
        lambda tags: " " + str(tags) + "\n",
    ],
)
def test_lists_are_read_as_python_numpy_pandas_and_json_print_them(printed):
    found = list_in(printed(TAGS))
    assert found[: len(TAGS)] == TAGS
    assert set(found) == set(TAGS)


def test_an_index_of_pandas_is_read_and_refused_where_pandas_prints_it_so_that_nobody_could():
    assert list_in(repr(pd.Index(["slow", "sad"], dtype=object))) == ["slow", "sad"]
    with pytest.raises(ValueError, match="cannot be read"):
        list_in(repr(pd.Index(TAGS, dtype=object)))


def test_sets_have_their_labels_in_a_fixed_order():
    assert list_in(str({"b", "a", "c"})) == ["a", "b", "c"]
    assert list_in(str(frozenset(["b", "a"]))) == ["a", "b"]


@pytest.mark.parametrize(
    "cell",
    [
        "[]",
        "()",
        "{}",
        "set()",
        "frozenset()",
        "[ ]",
        "[None]",
        "[nan]",
        "[null]",
        "[nan, nan]",
        "[nan nan]",
        "[null,null]",
    ],
)
def test_an_empty_list_has_no_labels(cell):
    assert list_in(cell) == []


@pytest.mark.parametrize("cell", ["['a', None]", '["a", null]', "[None, 'a']"])
def test_what_is_not_there_is_no_label(cell):
    assert list_in(cell) == ["a"]


def test_labels_may_hold_brackets_and_marks():
    assert list_in("['a] b', '(c', \"d's [x\"]") == ["a] b", "(c", "d's [x"]


def test_numbers_are_labels():
    assert (
        list_in("[3, 17]")
        == list_in(str(np.array([3, 17])))
        == list_in(str([np.int64(3), np.int64(17)]))
        == ["3", "17"]
    )


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (str(np.array(list("abcdefgh") * 200)), "cut off"),
        ("['a', 'b', ...]", "cut off"),
        ("['a', 'b'", "cut off"),
        ("[ 'a', 'b", "cut off"),
        ("('a' 'b')", "lacks a comma"),
        ("(1 2)", "cannot be read"),
        ("array('a', dtype='<U1')", "otherwise than as one list"),
        ("['a' 'b', 'c']", "lacks a comma"),
        ("{'a': 1}", "a mapping"),
        ("['a', ['b']]", "other things than labels"),
        ("['a', True]", "other things than labels"),
        ("['a', nan]", "cannot be read"),
        ("[rock, pop]", "not in quotation marks"),
        ("{rock,pop}", "not in quotation marks"),
        (str(pd.Series(["a", "b"])), "otherwise than as one list"),
        (str(pd.array(["a", "b"], dtype="string")), "otherwise than as one list"),
    ],
)
def test_a_list_that_cannot_be_read_is_refused(cell, said):
    with pytest.raises(ValueError, match=said):
        list_in(cell)


@pytest.mark.parametrize(
    "cell",
    [
        "rock",
        "",
        "[unknown]",
        "(live)",
        "(a) song, (b) side",
        "(a), (b)",
        "[x] | [y]",
        '12" mix',
        "R'n'B",
        "it's (live)",
    ],
)
def test_other_text_is_no_list(cell):
    assert list_in(cell) is None


def test_labels_are_never_parted_at_spaces():
    assert cells.separated(["acoustic guitar", "bass drum", "hi hat"]) == (
        [["acoustic guitar"], ["bass drum"], ["hi hat"]],
        [None, None, None],
    )


def test_bars_go_before_semicolons_and_these_before_commas_and_lists_have_their_own():
    assert cells.separated(["a; b, c", "d|e, f"])[0] == [["a; b, c"], ["d", "e, f"]]
    assert cells.separated(["a, b", "c;d", ""])[0] == [["a, b"], ["c", "d"], []]
    assert cells.separated(["['a|b', 'c']", "d, e"])[0] == [["a|b", "c"], ["d", "e"]]


def test_a_cell_that_cannot_be_read_has_a_reason_and_no_labels():
    labels, faults = cells.separated(["a|b", "['a' 'b' ... 'z']", ["c"]])
    assert labels == [["a", "b"], [], ["c"]]
    assert faults[0] is faults[2] is None
    assert faults[1] == (
        "'['a' 'b' ... 'z']' is a list that was cut off, or that lacks a comma: "
        "write the labels with bars between them, as in 'slow|sad'"
    )


@pytest.mark.parametrize("cell", ["-1", "0.9", "2", "maybe", "1,0", "[1]", "nan"])
def test_a_cell_that_neither_marks_nor_denies_has_a_reason(cell):
    rows = [{"slow": "1", "sad": "no"}, {"slow": "", "sad": cell}]
    found, faults = cells.marked(rows, ["slow", "sad"])
    assert found == [["slow"], []]
    assert faults[0] is None
    assert faults[1].startswith(f"column 'sad' holds '{cell}', and a column for each tag holds 1")


def test_what_nobody_sees_makes_no_second_class_and_is_listed():
    labels = [["low"], ["low\u200b"], ["\ufefflow"], ["lo\u00adw"], ["bass\u00a0drum"], ["bass drum"], ["bass drum"]]
    spelt, changed = cells.one_spelling(labels)
    assert spelt == [["low"]] * 4 + [["bass drum"]] * 3
    assert changed == {
        "low<U+200B>": "low",
        "<U+FEFF>low": "low",
        "lo<U+00AD>w": "low",
        "bass<U+00A0>drum": "bass drum",
    }


def test_joiners_stay_in_a_label_and_tell_none_apart():
    persian = "می\u200cخواهم"
    assert cells.one_spelling([[persian], [persian], [persian.replace("\u200c", "")]])[0] == [[persian]] * 3


@pytest.mark.parametrize(
    "column",
    [
        ["[1, 0, 0]", "[0, 1, 0]"],
        [str(np.array([1.0, 0.0, 0.0])), str(np.array([0.0, 1.0, 0.0]))],
        [["1", "0", "0"], ["0", "1", "0"]],
        [["true", "false"], ["false", "true"]],
        ["[True, False]", "[False, True]"],
        ["1|0|0", "0|1|1"],
        ["1;0", "0;1"],
        ["True|False", "False|True"],
        ["1, 0, 1", "0, 1, 1"],
        ["1 0 0", "0 1 0"],
        ["1|0", "1|0"],
    ],
)
def test_vectors_that_say_of_each_label_whether_it_applies_name_none_however_they_are_written(column):
    labels, faults = cells.separated([*column, ""])
    assert labels == [[], [], []]
    assert faults.pop() is None
    assert all(re.search("does not name its labels|labels are not in quotation marks", fault) for fault in faults)


def test_what_nobody_sees_is_no_label():
    assert cells.separated(["a|\u200b| |\u00a0|b", [" c ", "\ufeff"]]) == ([["a", "b"], ["c"]], [None] * 2)


def test_labels_that_are_numbers_stay_labels():
    assert cells.separated(["0|1", "1", "0", "1|2"]) == ([["0", "1"], ["1"], ["0"], ["1", "2"]], [None] * 4)
    assert cells.separated([["0", "1"], [], ["1"]]) == ([["0", "1"], [], ["1"]], [None] * 3)
    assert cells.separated(["1", "0"]) == ([["1"], ["0"]], [None] * 2)
    assert cells.separated(["3|17", "3|17"]) == ([["3", "17"]] * 2, [None] * 2)
    assert cells.separated(["0|1", "a|b"]) == ([["0", "1"], ["a", "b"]], [None] * 2)
    assert cells.separated(["a|a", "b|b"]) == ([["a", "a"], ["b", "b"]], [None] * 2)


def test_a_vector_is_one_wherever_the_others_differ_in_length():
    labels, faults = cells.separated(["1|0|0", "0|1", "a"])
    assert labels == [[], ["0", "1"], ["a"]]
    assert [fault is None for fault in faults] == [False, True, True]


@pytest.mark.parametrize("inside", ['["a", "b"]', '{"name": "a"}', "[1]"])
def test_lists_inside_of_lists_are_no_labels_but_labels_in_brackets_are(inside):
    labels, faults = cells.separated([[inside], ["[live]", "{x"]])
    assert labels == [[], ["[live]", "{x"]]
    assert "a list of other things than labels" in faults[0]
    assert faults[1] is None
