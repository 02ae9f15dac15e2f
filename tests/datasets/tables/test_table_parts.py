"""Parts, folds and groups of a table: understood, or refused with their rows; and hints at parts that are not used."""

import pandas as pd
import pytest

from soundcheck.datasets.sources import folder
from soundcheck.datasets.splits.making import split_of
from soundcheck.datasets.support.published_folds import in_turn
from soundcheck.datasets.support.tables import files, parts
from soundcheck.plumbing.errors import SoundcheckError


def rows_of(column, cells):
    return [{column: cell, files.ROW: str(row)} for row, cell in enumerate(cells, start=2)]


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (["1", "2", "5", ""], ["1", "2", "5", None]),
        (["1.0", "2.0", "3.0", ""], ["1", "2", "3", None]),
        (["01", "02", "10"], ["1", "2", "10"]),
        (["fold1", "fold2", "Fold10"], ["1", "2", "10"]),
        (["fold_01", "fold_02", "fold_03"], ["1", "2", "3"]),
        (["0", "1", "2", "0"], ["0", "1", "2", "0"]),
        (["1\u200b", "2", "\u00a03"], ["1", "2", "3"]),
        (["", ""], [None, None]),
    ],
)
def test_folds_are_whole_numbers_however_they_are_written(cells, numbers):
    assert parts.folds_of("t.csv", rows_of("fold", cells)) == numbers


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["1", "01", "2", "3"], "rows 2, 3: column 'fold' holds '1' and '01'"),
        (["1", "2", "3.0"], "rows 2, 4: .* '1' and '3.0'"),
        (["fold1", "2", "3"], "rows 2, 3: .* 'fold1' and '2'"),
        (["a1", "b1", "a2"], "rows 2, 3: .* 'a1' and 'b1'"),
        (["1", "2", "1.5"], "row 4: .* '1.5', which is not a whole number"),
        (["1", "-2", "3"], "row 3: .* '-2', which is not a whole number"),
        (["1_003", "2", "3"], "row 2: .* '1_003', which is not a whole number"),
        (["1", "2", "٣"], "row 4: .* '٣', which is not a whole number"),
        (["1", "2", "30000000000"], "row 4: .* which is not a whole number"),
        (["1", "2", "nan"], "row 4: .* 'nan', which is not a whole number"),
        (["1", "2", ""], "2 of at least three folds"),
        (["1", "1", ""], "1 of at least three folds"),
    ],
)
def test_folds_that_may_be_meant_in_two_ways_are_refused_with_their_rows(cells, said):
    with pytest.raises(SoundcheckError, match=said):
        parts.folds_of("t.csv", rows_of("fold", cells))


def test_one_group_in_two_spellings_is_one_or_refused():
    cells = ["The  Band", "The Band\u200b", " The Band", "b", ""]
    assert parts.groups_of("t.csv", rows_of("group", cells)) == ["The Band"] * 3 + ["b", None]
    for other in ("3.0", "03"):
        with pytest.raises(SoundcheckError, match=f"rows 2, 4: column 'group' holds '3' and '{other}'"):
            parts.groups_of("t.csv", rows_of("group", ["3", "4", other]))


def test_groups_that_differ_in_case_alone_are_one_whatever_the_order_of_the_rows():
    cells = ["ann", "Ann ", "bob", "", "ANN", "Bo"]
    assert parts.groups_of("t.csv", rows_of("group", cells)) == ["ANN", "ANN", "bob", None, "ANN", "Bo"]
    assert parts.groups_of("t.csv", rows_of("group", cells[::-1])) == ["Bo", "ANN", None, "bob", "ANN", "ANN"]


def test_a_part_may_have_stray_characters():
    assert parts.parts_of("t.csv", rows_of("split", ["Train\u200b", "\u00a0VAL", ""]), "split") == [
        "train", "validation", None
    ]  # fmt: skip


def test_each_fold_is_tested_under_its_own_number_and_the_one_before_validates():
    found = in_turn({"a": 1, "b": 2, "c": 5})
    assert {tuple(row) for row in found.itertuples(index=False)} == {
        ("a", 1, "test"), ("c", 1, "validation"), ("b", 1, "train"),
        ("b", 2, "test"), ("a", 2, "validation"), ("c", 2, "train"),
        ("c", 5, "test"), ("b", 5, "validation"), ("a", 5, "train"),
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------------- from a folder


def make(root, *paths):
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"audio")
    return root


def drawn(tracks, split="single", fractions=None, **options):
    return split_of(
        folder, tracks, dataset="mine", task="sound", task_type="multiclass", options=options, seed=0,
        split={"whole": split, "fractions": fractions, "published": None, "per_class": None},
    )  # fmt: skip


def table(root, columns, rows):
    (root / "t.csv").write_text("\n".join(",".join(map(str, row)) for row in (columns, *rows)) + "\n")
    return folder.tracks(root, csv="t.csv", label="label")


def test_a_published_fold_is_the_same_fold_in_the_split(tmp_path):
    names = [f"{i:02}.wav" for i in range(30)]
    make(tmp_path, *names)
    rows = [(name, "xy"[i % 2], i % 5 + 1) for i, name in enumerate(names)]
    tracks = table(tmp_path, ["path", "label", "fold"], rows)
    of_all, _ = drawn(tracks, "all")
    single, _ = drawn(tracks)
    for found, folds in ((of_all, [1, 2, 3, 4, 5]), (single, [1])):
        frame = found.to_pandas()
        assert sorted(set(frame["fold"])) == folds
        for fold, inside in frame.groupby("fold"):
            tested = inside["track_id"][inside["part"] == "test"]
            assert set(tested) == {name[:2] for name, _, own in rows if own == fold}


def test_what_was_left_out_before_is_left_out_of_each_fold_by_its_number(tmp_path):
    names = [f"{i:02}.wav" for i in range(31)]
    make(tmp_path, *names)
    rows = [(name, "new" if i == 30 else "xy"[i % 2], i % 5 + 1) for i, name in enumerate(names)]
    found, _ = drawn(table(tmp_path, ["path", "label", "fold"], rows), "all")
    out = found.to_pandas().query("part == 'left_out'")
    assert list(zip(out["fold"], out["reason"], strict=True)) == [
        (fold, f"label 'new' has no item in the train part of fold {fold}") for fold in (1, 2)
    ]


@pytest.mark.parametrize(
    ("column", "cells", "hint"),
    [
        (
            "set",
            ["train", "valid", "test"],
            "the column 'set' holds test, train, valid, and .*call it 'split'",
        ),
        ("partition", ["Train", "Dev", "Train"], "the column 'partition' holds Dev, Train"),
        ("fold_id", ["1", "2", "3"], "the column 'fold_id' numbers folds, and is not used"),
        ("Fold", ["fold1", "fold2", "fold3"], None),
        ("subset", ["small", "train", "test"], None),
        ("manifold", ["a", "b", "c"], None),
    ],
)
def test_a_column_that_looks_like_parts_makes_a_note(tmp_path, column, cells, hint):
    names = [f"{i:02}.wav" for i in range(30)]
    make(tmp_path, *names)
    rows = [(name, "xy"[i % 2], cells[i % 3]) for i, name in enumerate(names)]
    tracks = table(tmp_path, ["path", "label", column], rows)
    found = drawn(tracks)[1]["hints"]
    assert len(found) == (hint is not None)
    if hint:
        assert pd.Series(found).str.contains(hint).all()


def test_folds_beside_named_parts_are_told_of(tmp_path):
    names = [f"{i:02}.wav" for i in range(30)]
    make(tmp_path, *names)
    rows = [(name, "xy"[i % 2], ["train", "valid", "test"][i % 3], i % 5) for i, name in enumerate(names)]
    found, metadata = drawn(table(tmp_path, ["path", "label", "split", "fold"], rows), "single")
    assert metadata["hints"] == [
        "the column 'fold' is not used, because another one names the parts: remove one of the two"
    ]
    assert found["part"].to_pylist()[:3] == ["train", "validation", "test"]


@pytest.mark.parametrize("label", ["nan", "#N/A", "\\N"])
def test_a_class_that_looks_like_a_missing_value_is_told_of(tmp_path, label):
    names = [f"{i:02}.wav" for i in range(30)]
    make(tmp_path, *names)
    rows = [(name, ["x", "y", label][i % 3]) for i, name in enumerate(names)]
    (hint,) = drawn(table(tmp_path, ["path", "label"], rows))[1]["hints"]
    assert hint == (
        f"{label} is a class like any other. If it means that nothing is known of a track, leave the cell empty"
    )


def test_parts_that_are_used_make_no_note(tmp_path):
    names = [f"{i:02}.wav" for i in range(30)]
    make(tmp_path, *names)
    rows = [(name, "xy"[i % 2], *[("train", "valid", "test")[i // 2 % 3]] * 2) for i, name in enumerate(names)]
    assert drawn(table(tmp_path, ["path", "label", "split", "set"], rows))[1]["hints"] == []


def test_folders_of_parts_inside_of_classes_make_a_note(tmp_path):
    make(tmp_path, *(f"{label}/{('train', 'test')[i % 2]}/{i}.wav" for label in "xy" for i in range(12)))
    (hint,) = drawn(folder.tracks(tmp_path))[1]["hints"]
    assert "folders test, train lie inside of others, and are not used" in hint
