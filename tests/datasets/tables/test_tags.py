"""Tags from a table to a split: the same from one column as from a column for each; meaningless cells are refused."""

import json

import pytest

from soundcheck.datasets import index
from soundcheck.datasets.sources import folder
from soundcheck.datasets.splits.making import split_of
from soundcheck.plumbing.errors import SoundcheckError

N = 30


@pytest.fixture
def audio(tmp_path):
    for i in range(N):
        (tmp_path / f"{i:02}.wav").write_bytes(b"audio")
    return tmp_path


def split(root, columns, rows, task_type="multilabel", whole="single", **options):
    (root / "t.csv").write_text("\n".join(",".join(map(str, row)) for row in (columns, *rows)) + "\n")
    options = {"csv": str(root / "t.csv")} | options
    tracks = index.index(folder, root, "mine", options)[0].to_pandas().assign(left_out=None)
    return split_of(
        folder, tracks, dataset="mine", task="mood", task_type=task_type, options=options, seed=0,
        split={"whole": whole, "fractions": None, "published": None, "per_class": None},
    )  # fmt: skip


TAGS = ["low", "high", "noise", "rare", "never"]


def tags_of(i):
    return [TAGS[i % 3], *(["rare"] if i == 4 else [])]


def columns_of(yes=1, no=0):
    return [(f"{i:02}.wav", *(yes if tag in tags_of(i) else no for tag in TAGS)) for i in range(N)]


@pytest.mark.parametrize(("yes", "no"), [(1, 0), ("1.0", "0.0"), ("TRUE", "false"), ("yes", "no"), ("x", "")])
def test_a_column_for_each_tag_makes_the_same_split_as_one_column(audio, yes, no):
    in_one, of_one = split(audio, ["path", "tags"], [(f"{i:02}.wav", "|".join(tags_of(i))) for i in range(N)])
    in_columns, of_columns = split(audio, ["path", *TAGS], columns_of(yes, no), label=TAGS)
    assert in_columns.equals(in_one)
    assert of_columns["classes"] == of_one["classes"] == ["high", "low", "noise"]
    rare = {"rare": "label 'rare' has 1 item in 1 group; a split into 3 parts needs 3 groups"}
    assert of_one["left_out_labels"] == rare
    assert of_columns["left_out_labels"] == rare | {"never": "label 'never' has no item"}


def test_tags_that_published_parts_do_not_train_are_dropped_and_listed(audio):
    rows = [(*row, ("train", "val", "test")[i // 3 % 3]) for i, row in enumerate(columns_of())]
    _, metadata = split(audio, ["path", *TAGS, "split"], rows, label=TAGS)
    assert metadata["classes"] == ["high", "low", "noise"]
    assert metadata["left_out_labels"] == {
        "never": "label 'never' has no item",
        "rare": "label 'rare' has no item in the train part of fold 0",
    }


def test_a_tag_of_two_columns_that_no_track_has_is_listed_and_one_column_names_no_tag(audio):
    rows = [(f"{i:02}.wav", i % 2, 0) for i in range(N)]
    metadata = split(audio, ["path", "low", "never"], rows, label=["low", "never"])[1]
    assert metadata["classes"] == ["low"]
    assert metadata["left_out_labels"] == {"never": "label 'never' has no item"}
    rows = [(f"{i:02}.wav", "ab"[i % 2]) for i in range(N)]
    assert split(audio, ["path", "mood"], rows, label=["mood"])[1]["left_out_labels"] == {}


def test_columns_without_any_mark_are_refused(audio):
    with pytest.raises(SoundcheckError, match=r"no label is left to train\. label 'low' has no item"):
        split(audio, ["path", *TAGS], columns_of(0, 0), label=TAGS)


@pytest.mark.parametrize(("yes", "no"), [(1, -1), (0.9, 0.1), ("1", "maybe"), ("present", "")])
@pytest.mark.parametrize("task_type", ["multilabel", "multiclass"])
def test_cells_that_mark_nothing_are_refused_with_row_and_column(audio, yes, no, task_type):
    first = "low" if str(yes) in ("0.9", "present") else "high"
    said = rf"t\.csv, row 2: column '{first}' holds '{yes if first == 'low' else no}', "
    with pytest.raises(SoundcheckError, match=said):
        split(audio, ["path", *TAGS[:3]], [row[:4] for row in columns_of(yes, no)], task_type, label=TAGS[:3])


def test_numbers_in_columns_are_targets_whatever_they_are(audio):
    _, metadata = split(
        audio, ["path", *TAGS[:2]], [(f"{i:02}.wav", i, -i) for i in range(N)], "regression", label=TAGS[:2]
    )
    assert metadata["classes"] == TAGS[:2]


def test_one_column_in_a_list_marks_its_tag_or_holds_labels(audio):
    rows = [(f"{i:02}.wav", i % 2) for i in range(N)]
    assert split(audio, ["path", "vocal"], rows, label=["vocal"])[1]["classes"] == ["vocal"]
    assert split(audio, ["path", "vocal"], rows, "multiclass", label=["vocal"])[1]["classes"] == ["0", "1"]
    rows = [(f"{i:02}.wav", "ab"[i % 2]) for i in range(N)]
    assert split(audio, ["path", "mood"], rows, label=["mood"])[1]["classes"] == ["a", "b"]


def test_a_list_that_cannot_be_read_is_refused_by_a_task_of_tags_alone(audio):
    rows = [(f"{i:02}.wav", "(rock|pop)" if i % 2 else "folk") for i in range(N)]
    with pytest.raises(SoundcheckError, match=r"t\.csv, row 3: '\(rock\|pop\)' is a list whose labels are not in"):
        split(audio, ["path", "label"], rows)
    assert split(audio, ["path", "label"], rows, "multiclass")[1]["classes"] == ["(rock|pop)", "folk"]


@pytest.mark.parametrize(
    ("labels", "said"),
    [([1, 0, 0], "a vector of 0 and 1"), ([["low", "loud"]], "other things than"), ([{"name": "low"}], "other things")],
)
def test_lists_of_json_that_name_no_labels_are_refused_with_their_row(audio, labels, said):
    lines = [{"file_name": f"{i:02}.wav", "labels": labels if i == 4 else ["low"]} for i in range(N)]
    (audio / "metadata.jsonl").write_text("\n".join(map(json.dumps, lines)))
    tracks = folder.tracks(audio)
    with pytest.raises(SoundcheckError, match=rf"metadata\.jsonl, row 5: .*{said}"):
        folder.labels_as(tracks, "mood", "multilabel")


@pytest.mark.parametrize("column", ["tags", "marked", "unclear", "csv_tags", "events", "events_fault"])
def test_a_column_of_a_users_own_is_never_taken_for_ours(audio, column):
    rows = [(*row[:4], "other|words") for row in columns_of()]
    _, metadata = split(audio, ["path", *TAGS[:3], column], rows, label=TAGS[:3])
    assert metadata["classes"] == ["high", "low", "noise"]
    rows = [(f"{i:02}.wav", TAGS[i % 3], "other|words") for i in range(N)]
    for task_type in ("multilabel", "multiclass"):
        assert split(audio, ["path", "label", column], rows, task_type)[1]["classes"] == ["high", "low", "noise"]


@pytest.mark.parametrize("column", ["events", "unclear", "csv_events", "left_out"])
def test_any_column_may_hold_the_label(audio, column):
    rows = [(f"{i:02}.wav", "xy"[i % 2], i) for i in range(N)]
    assert split(audio, ["path", column, "other"], rows, "multiclass", label=column)[1]["classes"] == ["x", "y"]


@pytest.mark.parametrize("column", ["split", "fold", "group", "track_id", "events_file"])
def test_a_list_where_one_value_belongs_is_refused_with_its_row(tmp_path, column):
    (tmp_path / "a.wav").write_bytes(b"audio")
    (tmp_path / "metadata.jsonl").write_text(f'{{"file_name": "a.wav", "label": "x", "{column}": ["1"]}}')
    with pytest.raises(SoundcheckError, match=f"rows 1: a list in column '{column}', which has one value"):
        folder.tracks(tmp_path)


@pytest.mark.parametrize(
    "number", ["1_003", "5 %", "12 bpm", "0x1f", "١٢", "1,5", "nan", "-inf", "1e400", "- 3", "1.2.3", "½"]
)
def test_what_is_no_number_is_left_out_with_the_reason(audio, number):
    rows = [(f"{i:02}.wav", f'"{number}"' if i == 7 else i / 8) for i in range(N)]
    table, _ = split(audio, ["path", "bpm"], rows, "regression")
    (row,) = (row for row in table.to_pylist() if row["part"] == "left_out")
    assert row["track_id"] == "07"
    assert row["reason"].startswith(f"'{number}' is not a ")


@pytest.mark.parametrize("n_empty", [20, 29])
def test_tracks_without_a_value_do_not_say_how_many_a_regression_has(audio, n_empty):
    rows = [(f"{i:02}.wav", "" if i < n_empty else f"{i}|{i / 8}") for i in range(N)]
    if n_empty == 29:
        with pytest.raises(SoundcheckError, match="Most frequent reason for leaving out: no value"):
            split(audio, ["path", "labels"], rows, "regression")
        return
    table, metadata = split(audio, ["path", "labels"], rows, "regression")
    assert metadata["classes"] == ["mood 1", "mood 2"]
    assert {row["reason"] for row in table.to_pylist() if row["part"] == "left_out"} == {"no value"}


def test_a_label_of_unseen_characters_alone_is_none(audio):
    rows = [(f"{i:02}.wav", "\u200b" if i == 3 else "ab"[i % 2]) for i in range(N)]
    (audio / "t.csv").write_text("path,label\n" + "".join(f"{path},{label}\n" for path, label in rows))
    tracks = folder.tracks(audio, csv="t.csv")
    assert tracks["left_out"][3] == "no 'label'"
