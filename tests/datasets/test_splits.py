import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from soundcheck.datasets.splits import making
from soundcheck.datasets.splits.integrity import check
from soundcheck.datasets.splits.table import PARTS, SCHEMA
from soundcheck.plumbing.errors import SoundcheckError


def corpus(n_tracks=200, n_classes=8, n_groups=None, seed=0):
    """Tracks in random order, each with one class; groups, where wanted, cut across classes."""
    generator = np.random.default_rng(seed)
    groups = [f"g{generator.integers(n_groups)}" if n_groups else None for _ in range(n_tracks)]
    tracks = pd.DataFrame({"track_id": [f"t{i:04}" for i in range(n_tracks)], "left_out": None})
    tracks["group"] = pd.Series(groups, dtype=object)
    tracks["label"] = pd.Series([[f"c{i % n_classes}"] for i in range(n_tracks)])
    return tracks.sample(frac=1, random_state=seed).reset_index(drop=True)


def split_of(tracks, labels=None, **arguments):
    arguments = {"dataset": "d", "task": "t", "task_type": "multiclass", "split": "single", "seed": 0} | arguments
    return making.make_split(tracks, tracks["label"] if labels is None else labels, **arguments)


def parts(table, fold=0):
    frame = table.to_pandas()
    frame = frame[frame["fold"] == fold]
    return {part: set(frame["track_id"][frame["part"] == part]) for part in (*PARTS, "left_out")}


CASES = [
    {"split": "single"},
    {"split": "all"},
    {"split": "60-20-20", "fractions": [0.6, 0.2, 0.2]},
]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("n_groups", [None, 40])
@pytest.mark.parametrize("task_type", ["multiclass", "multilabel"])
def test_parts_share_neither_a_track_nor_a_group_and_nothing_vanishes(case, n_groups, task_type):
    tracks = corpus(n_groups=n_groups)
    table, metadata = split_of(tracks, task_type=task_type, **case)
    frame = table.to_pandas()
    assert table.schema == SCHEMA
    assert sorted(set(frame["fold"])) == list(range(5 if case["split"] == "all" else 1))
    for _, rows in frame.groupby("fold"):
        assert sorted(rows["track_id"]) == sorted(tracks["track_id"])
        assert (rows.dropna(subset="group").groupby("group")["part"].nunique() == 1).all()
        assert set(rows["part"]) == set(PARTS)
    assert metadata["classes"] == [f"c{i}" for i in range(8)]
    assert metadata["group_overlap"] == []


def test_fractions_are_kept():
    for fractions in ([0.8, 0.1, 0.1], [0.7, 0.2, 0.1], [0.6, 0.2, 0.2], [1 / 3, 1 / 3, 1 / 3]):
        found = parts(split_of(corpus(800), fractions=fractions)[0])
        assert [len(found[part]) / 800 for part in PARTS] == pytest.approx(fractions, abs=0.01)


@pytest.mark.parametrize("fractions", [[0.8, 0.2], [0.8, 0.2, 0.0], [0.8, 0.1, 0.2], [1.2, -0.1, -0.1]])
def test_fractions_that_make_no_sense_are_refused(fractions):
    with pytest.raises(ValueError, match="three numbers above 0"):
        split_of(corpus(), fractions=fractions)


def test_every_class_has_its_share_in_every_part():
    table, _ = split_of(corpus(800, 8))
    frame = table.to_pandas()
    counts = pd.crosstab(frame["label"].str[0], frame["part"])
    assert (counts["train"] == 80).all()
    assert (counts["test"] == 10).all()


def test_five_folds_test_every_track_once_and_validate_on_the_fold_before():
    table, metadata = split_of(corpus(), split="all")
    folds = [parts(table, fold) for fold in range(5)]
    assert set.union(*(fold["test"] for fold in folds)) == set(corpus()["track_id"])
    assert sum(len(fold["test"]) for fold in folds) == 200
    for i in range(5):
        assert folds[i]["test"] == folds[(i + 1) % 5]["validation"]
    assert metadata["fractions"] == pytest.approx([0.6, 0.2, 0.2])


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("n_groups", [None, 40])
def test_a_split_depends_on_the_seed_and_not_on_the_order_of_rows(case, n_groups):
    tracks = corpus(n_groups=n_groups)
    table, metadata = split_of(tracks, **case)
    for other in (tracks.sample(frac=1, random_state=9), tracks.sort_values("track_id")):
        again, same = split_of(other.reset_index(drop=True), **case)
        assert again.equals(table)
        assert same == metadata
    assert not split_of(tracks, seed=1, **case)[0].equals(table)


def test_arrow_and_pandas_tables_give_the_same_split():
    tracks = corpus(n_groups=40)
    assert split_of(pa.Table.from_pandas(tracks), tracks["label"])[0].equals(split_of(tracks)[0])


def test_a_label_with_one_item_is_left_out_by_name_and_counted():
    tracks = corpus()
    tracks.at[0, "label"] = ["rare"]
    table, metadata = split_of(tracks)
    left_out = table.to_pandas().query("part == 'left_out'")
    reason = "label 'rare' has 1 item in 1 group; a split into 3 parts needs 3 groups"
    assert left_out[["track_id", "reason"]].values.tolist() == [[tracks.at[0, "track_id"], reason]]
    assert metadata["left_out_labels"] == {"rare": reason}
    assert "rare" not in metadata["classes"]


def test_many_items_in_too_few_groups_are_left_out_too():
    tracks = corpus(n_classes=4)
    in_two = tracks["label"].str[0] == "c0"
    tracks.loc[in_two, "group"] = [f"album {i % 2}" for i in range(in_two.sum())]
    table, metadata = split_of(tracks)
    assert "50 items in 2 groups" in metadata["left_out_labels"]["c0"]
    assert len(parts(table)["left_out"]) == 50
    assert metadata["classes"] == ["c1", "c2", "c3"]


def test_a_label_with_as_many_groups_as_parts_is_in_every_part():
    tracks = corpus()
    for i in range(3):
        tracks.at[i, "label"] = ["rare"]
    frame = split_of(tracks)[0].to_pandas()
    assert set(frame["part"][frame["label"].str[0] == "rare"]) == set(PARTS)


def test_a_rare_tag_is_dropped_and_its_track_stays():
    tracks = corpus()
    tracks.at[0, "label"] = ["c0", "rare"]
    tracks.at[1, "label"] = ["rare"]
    table, metadata = split_of(tracks, task_type="multilabel")
    frame = table.to_pandas().set_index("track_id")
    assert list(frame.loc[tracks.at[0, "track_id"], "label"]) == ["c0"]
    assert list(frame.loc[tracks.at[1, "track_id"], "label"]) == []
    assert list(metadata["left_out_labels"]) == ["rare"]
    assert {tag for label in frame["label"] for tag in label} == set(metadata["classes"])
    assert not parts(table)["left_out"]


def test_a_track_without_tags_is_kept():
    tracks = corpus()
    tracks.at[0, "label"] = []
    found = parts(split_of(tracks, task_type="multilabel")[0])
    assert tracks.at[0, "track_id"] in found["train"] | found["validation"] | found["test"]


def test_several_or_no_labels_in_a_multiclass_task_are_left_out_by_reason():
    tracks = corpus()
    tracks.at[0, "label"] = ["c0", "c1"]
    tracks.at[1, "label"] = []
    tracks.at[2, "label"] = ["rare"]
    frame = split_of(tracks)[0].to_pandas().set_index("track_id")
    assert "has 2 labels (c0, c1)" in frame.loc[tracks.at[0, "track_id"], "reason"]
    assert frame.loc[tracks.at[1, "track_id"], "reason"] == "no label"
    assert frame.loc[tracks.at[2, "track_id"], "reason"].startswith("label 'rare' has 1 item")


def test_what_a_dataset_leaves_out_of_a_task_keeps_its_reason():
    tracks = corpus()
    tracks["label"] = tracks["label"].astype(object)
    tracks.at[0, "label"] = "unknown key 'X'"
    tracks.at[1, "label"] = None
    tracks.at[2, "left_out"] = "missing file"
    table, metadata = split_of(tracks)
    frame = table.to_pandas().set_index("track_id")
    assert frame.loc[tracks.at[0, "track_id"], ["part", "reason"]].tolist() == ["left_out", "unknown key 'X'"]
    assert not {tracks.at[1, "track_id"], tracks.at[2, "track_id"]} & set(frame.index)
    assert (metadata["n_not_applicable"], metadata["n_tracks_left_out"]) == (1, 1)


def official(tracks, *patterns):
    """Folds whose parts follow a pattern such as "ttttvs" (train, validation, test), repeated over the sorted ids."""
    names = {"t": "train", "v": "validation", "s": "test"}
    ids = sorted(tracks["track_id"])
    rows = [
        (track_id, fold, names[pattern[i % len(pattern)]])
        for fold, pattern in enumerate(patterns)
        for i, track_id in enumerate(ids)
        if pattern[i % len(pattern)] != "-"
    ]
    return pd.DataFrame(rows, columns=["track_id", "fold", "part"])


def test_official_folds_are_kept_as_published():
    tracks = corpus(n_classes=3)
    folds = official(tracks, "tttttvs", "vtttts-")
    folds["fold"] += 1
    single, _ = split_of(tracks, official=folds)
    both, metadata = split_of(tracks, official=folds, split="all")
    first = folds[folds["fold"] == 1]
    assert parts(single, 1)["test"] == set(first["track_id"][first["part"] == "test"])
    assert parts(both, 1) == parts(single, 1)
    assert len(parts(both, 2)["left_out"]) == len(tracks) // 7
    assert sorted(set(both["fold"].to_pylist())) == [1, 2]
    assert metadata["official"] is True
    assert metadata["fractions"] is None


def test_given_fractions_go_before_official_folds():
    tracks = corpus(n_classes=3)
    fractions = [0.5, 0.25, 0.25]
    with_folds = split_of(tracks, official=official(tracks, "tvs"), fractions=fractions)
    assert with_folds[0].equals(split_of(tracks, fractions=fractions)[0])


def test_an_official_fold_without_validation_takes_a_tenth_of_its_training_groups():
    tracks = corpus(400, n_classes=3, n_groups=50)
    test_groups = {f"g{i}" for i in range(10)}
    folds = pd.DataFrame({"track_id": tracks["track_id"], "fold": 0})
    folds["part"] = ["test" if group in test_groups else "train" for group in tracks["group"]]
    table, metadata = split_of(tracks, official=folds)
    found = parts(table)
    assert found["test"] == set(folds["track_id"][folds["part"] == "test"])
    n_train = (folds["part"] == "train").sum()
    assert len(found["validation"]) == pytest.approx(0.1 * n_train, abs=4)
    assert metadata["validation_from_train"] == 0.1
    assert metadata["group_overlap"] == []


def test_an_official_split_with_a_track_in_two_parts_is_an_error_that_names_it():
    tracks = corpus()
    folds = official(tracks, "tttvs")
    twice = pd.concat([folds, pd.DataFrame({"track_id": ["t0000"], "fold": [0], "part": ["test"]})])
    with pytest.raises(ValueError, match="more than one part of the official split: t0000"):
        split_of(tracks, official=twice)


def test_an_official_split_with_unknown_parts_is_refused():
    tracks = corpus()
    with pytest.raises(ValueError, match="unknown parts dev"):
        split_of(tracks, official=official(tracks, "tvs").replace("validation", "dev"))


def test_a_published_group_overlap_is_recorded():
    tracks = corpus(n_groups=5, n_classes=2)
    _, metadata = split_of(tracks, official=official(tracks, "ttvs"))
    assert metadata["group_overlap"] == ["g0", "g1", "g2", "g3", "g4"]


def test_a_tested_label_that_training_lacks_is_left_out_in_that_fold():
    tracks = corpus(n_classes=2)
    test_ids = sorted(tracks["track_id"])[4::5]
    tracks.loc[tracks["track_id"] == test_ids[0], "label"] = pd.Series([["new"]] * len(tracks))
    table, metadata = split_of(tracks, official=official(tracks, "tttvs"))
    row = table.to_pandas().set_index("track_id").loc[test_ids[0]]
    assert (row["part"], row["reason"]) == ("left_out", "label 'new' has no item in the train part of fold 0")
    assert metadata["classes"] == ["c0", "c1"]
    tags, metadata = split_of(tracks, official=official(tracks, "tttvs"), task_type="multilabel")
    assert test_ids[0] in parts(tags)["test"]
    assert list(metadata["left_out_labels"]) == ["new"]


def test_an_empty_part_is_an_error_with_counts_and_the_reason():
    tracks = corpus(2, n_classes=2)
    with pytest.raises(ValueError, match=r"dataset 'd', task 't', split 'single', fold 0.*train 0.*left_out 2.*1 item"):
        split_of(tracks)
    tracks = corpus()
    with pytest.raises(
        ValueError, match=r"the test part has no track \(train 160, validation 40, test 0, left_out 0\)"
    ):
        split_of(tracks, official=official(tracks, "ttttv"))
    with pytest.raises(ValueError, match=r"the parts train, validation, test have no track"):
        split_of(tracks, official=official(tracks, "s"))


def test_a_task_that_applies_to_no_track_is_an_error():
    tracks = corpus()
    with pytest.raises(ValueError, match=r"of 200, 0 cannot be used .* and 200 have no label"):
        split_of(tracks, labels=[None] * len(tracks))


def test_a_classification_of_one_class_is_an_error():
    tracks = corpus()
    with pytest.raises(ValueError, match="'bell' is the only class to train; classification needs at least two"):
        split_of(tracks, labels=[["bell"]] * len(tracks))


def test_an_empty_part_of_a_dataset_s_own_split_is_told_with_the_way_to_draw_others():
    tracks = corpus()
    official = pd.DataFrame({"track_id": tracks["track_id"], "fold": 0, "part": "train"})
    with pytest.raises(ValueError, match=r"the test part has no track .* `split_type: \[0.8, 0.1, 0.1\]` draws others"):
        split_of(tracks, official=official)


def test_equal_ids_are_refused():
    tracks = corpus()
    with pytest.raises(ValueError, match="not unique"):
        split_of(pd.concat([tracks, tracks[:1]], ignore_index=True))


def test_single_is_the_fold_that_the_published_table_names_first():
    tracks = corpus(n_classes=3)
    folds = official(tracks, "ttvs", "vstt", "stvt")
    for first in (2, 0, 1):
        by_track = pd.concat([folds[folds["fold"] == first][:1], folds.sort_values(["track_id", "fold"])])
        table, _ = split_of(tracks, official=by_track.drop_duplicates())
        assert set(table["fold"].to_pylist()) == {first}


@pytest.mark.parametrize(
    "arguments", [{"task_type": "ranking"}, {"split": "most"}, {"split": "most", "official": official(corpus(), "tvs")}]
)
def test_unknown_kinds_are_refused(arguments):
    with pytest.raises(ValueError, match=r"multiclass|'single', 'all'"):
        split_of(corpus(), **arguments)


def test_the_check_names_tracks_and_groups_that_are_on_both_sides():
    rows = [("a", "train", "g"), ("b", "validation", None), ("c", "test", "g")]
    columns = {"track_id": [row[0] for row in rows], "fold": [0] * 3, "part": [row[1] for row in rows]}
    columns |= {"label": [["x"]] * 3, "group": [row[2] for row in rows], "reason": [None] * 3}
    with pytest.raises(ValueError, match=r"in more than one part: 1 group \(g\)"):
        check(pa.table(columns, schema=SCHEMA))
    columns["track_id"][2] = "a"
    with pytest.raises(ValueError, match=r"in more than one part: 1 track \(a\)"):
        check(pa.table(columns, schema=SCHEMA), groups=False)


def test_the_check_refuses_a_split_without_any_track():
    with pytest.raises(ValueError, match="no track has a label for this task"):
        check(SCHEMA.empty_table())


def test_a_track_that_a_published_split_has_in_two_parts_is_refused_unless_that_is_allowed():
    tracks = pd.DataFrame({"track_id": [*"abcdef"], "group": None, "left_out": None}, dtype=object)
    official = pd.DataFrame(
        {
            "track_id": [*"abcdef", "a"],
            "fold": 0,
            "part": ["train", "train", "validation", "validation", "test", "test", "test"],
        }
    )
    about = {"dataset": "d", "task": "t", "task_type": "multiclass", "split": "single", "seed": 0, "official": official}
    labels = [["x"], ["y"]] * 3
    with pytest.raises(SoundcheckError, match=r"in more than one part of the official split: a.*allow_overlap: \[id\]"):
        making.make_split(tracks, labels, **about)
    table, _ = making.make_split(tracks, labels, **about, allow_overlap=["id"])
    rows = [(row["track_id"], row["part"]) for row in table.to_pylist() if row["track_id"] == "a"]
    assert sorted(rows) == [("a", "test"), ("a", "train")]


def test_a_sample_is_fixed_small_and_has_each_class_in_each_part():
    n = 300
    tracks = pd.DataFrame({"track_id": [f"t{i:03}" for i in range(n)], "group": None, "left_out": None}, dtype=object)
    labels = [[f"class{i % 3}"] for i in range(n)]
    about = {"dataset": "d", "task": "t", "task_type": "multiclass", "split": "single", "seed": 0}
    whole, _ = making.make_split(tracks, labels, **about)
    small, metadata = making.make_split(tracks, labels, **about, per_class=20)
    again, _ = making.make_split(tracks, labels, **about, per_class=20)
    assert small.equals(again)
    assert metadata["split"] == "single-20-per-class"
    kept = small.to_pandas()
    kept = kept[kept["part"] != "left_out"]
    assert kept.groupby(kept["label"].str[0])["part"].value_counts().to_dict() == {
        (name, part): count
        for name in ("class0", "class1", "class2")
        for part, count in (("train", 16), ("validation", 2), ("test", 2))
    }
    parts = whole.to_pandas().set_index("track_id")["part"]
    assert (kept.set_index("track_id")["part"] == parts[kept["track_id"]]).all()
    assert set(small.to_pandas()["reason"].dropna()) == {metadata["not_drawn"]}
    assert metadata["not_drawn"] == "not in the sample of 20 tracks of each class"


def test_of_everything_all_is_tested():
    tracks = pd.DataFrame({"track_id": list("abc"), "group": None, "left_out": None}, dtype=object)
    table, metadata = making.make_split(
        tracks, [["x"], ["y"], None], dataset="d", task="t", task_type="multiclass", split="everything", seed=0
    )
    assert table["part"].to_pylist() == ["test", "test"]
    assert metadata["n_not_applicable"] == 1


def test_equal_splits_have_equal_digests():
    tracks = pd.DataFrame({"track_id": [f"t{i}" for i in range(30)], "group": None, "left_out": None}, dtype=object)
    about = {"dataset": "d", "task": "t", "task_type": "multiclass", "split": "single"}
    labels = [["x"], ["y"]] * 15
    digests = [making.make_split(tracks, labels, **about, seed=seed)[1]["sha256"] for seed in (0, 0, 1)]
    assert digests[0] == digests[1] != digests[2]


@pytest.mark.parametrize(
    ("n_groups", "case", "expected"),
    [
        (None, {"split": "single"}, "08ddbe16d83f1368"),
        (40, {"split": "single"}, "1da4316cb42d054d"),
        (40, {"split": "all"}, "1ceec80dbd834792"),
        (None, {"split": "60-20-20", "fractions": [0.6, 0.2, 0.2], "per_class": 5}, "19653304fbefedb3"),
        (40, {"split": "single", "task_type": "multilabel"}, "1da4316cb42d054d"),
    ],
)
def test_a_split_is_the_one_that_earlier_versions_drew(n_groups, case, expected):
    """Who changes one of these digests changes the splits of everybody, and says so in the changelog."""
    assert split_of(corpus(n_groups=n_groups), **case)[1]["sha256"][:16] == expected
