"""Tracks that belong together: what connects them, and equal audio among them while parts are drawn."""

from types import SimpleNamespace

import pandas as pd
import pytest

from soundcheck.datasets.splits.making import split_of
from soundcheck.datasets.support.groups import connected, with_equal_audio
from soundcheck.plumbing.errors import SoundcheckError


def test_what_shares_a_value_directly_or_not_is_one_group():
    assert connected([["b"], ["a", "c"], ["c", "d"], [], ["d", "b"], ["x"]]) == ["a", "a", "a", None, "a", "x"]


def test_equal_audio_joins_groups_and_what_shares_nothing_stays_alone():
    digests = {"a": "11", "b": "11", "c": "22", "d": "11", "e": "33", "f": "33", "g": None, "h": "44"}
    groups = ["1", None, None, "2", None, None, "2", "3", None]
    assert with_equal_audio("abcdefghi", groups, digests) == [
        "1", "1", None, "1", "equal audio 33", "equal audio 33", "1", "3", None
    ]  # fmt: skip


def drawn(tracks, digests, fractions=None, **module):
    about = {"labels": lambda tracks, task: tracks["label"], "GROUPED_BY": "singer"} | module
    split = {"whole": "single", "fractions": fractions, "published": None, "per_class": None}
    return split_of(
        SimpleNamespace(**about), tracks, dataset="d", task="t", task_type="multiclass", split=split, seed=0,
        digests=digests,
    )  # fmt: skip


def corpus():
    ids = [f"t{i:03}" for i in range(120)]
    tracks = pd.DataFrame({"track_id": ids, "group": None, "left_out": None}, dtype=object)
    tracks["label"] = [["xy"[i % 2]] for i in range(120)]
    # Each sound is there three times.
    return tracks, {track_id: f"{i // 6 * 2 + i % 2:016}" for i, track_id in enumerate(ids)}


def shared(table, digests):
    frame = table.to_pandas()
    return (frame.groupby(frame["track_id"].map(digests))["part"].nunique() > 1).sum()


def test_equal_audio_is_never_parted_while_parts_are_drawn():
    tracks, digests = corpus()
    table, metadata = drawn(tracks, digests)
    assert shared(table, digests) == 0
    assert metadata["grouped_by"] == "equal audio"
    assert metadata["group_overlap"] == []
    alone, _ = drawn(tracks, None)
    assert shared(alone, digests) > 0
    _, metadata = drawn(tracks.assign(group=[f"s{i // 12}" for i in range(120)]), digests)
    assert metadata["grouped_by"] == "singer, or equal audio"


def test_published_parts_stay_as_they_are():
    tracks, digests = corpus()
    parts = [("train", "train", "validation", "test")[i % 4] for i in range(120)]
    official = pd.DataFrame({"track_id": tracks["track_id"], "fold": 0, "part": parts})
    table, metadata = drawn(tracks, digests, splits=lambda tracks, task: official)
    assert table.to_pandas().set_index("track_id")["part"].tolist() == parts
    assert metadata["grouped_by"] is None


def test_equal_audio_is_not_parted_where_parts_are_drawn_in_the_place_of_published_ones():
    tracks, digests = corpus()
    official = pd.DataFrame({"track_id": tracks["track_id"], "fold": 0, "part": ["train", "validation", "test"] * 40})
    published = {"splits": lambda tracks, task: official}
    assert shared(drawn(tracks, digests, **published)[0], digests) > 0
    table, metadata = drawn(tracks, digests, fractions=[0.6, 0.2, 0.2], **published)
    assert shared(table, digests) == 0
    assert metadata["grouped_by"] == "equal audio"


def test_some_tracks_with_groups_are_enough_to_say_what_groups_are():
    tracks, digests = corpus()
    tracks.loc[:50, "group"] = "s1"
    assert drawn(tracks, digests)[1]["grouped_by"] == "singer, or equal audio"


def asked(task_type="multiclass", allow_overlap=(), **split):
    """A split as a configuration asks for it, of a dataset with two published ones, and its metadata."""
    tracks, _ = corpus()
    numbers = [[str(i)] for i in range(120)]
    ids = list(tracks["track_id"])
    parts = [("train", "train", "validation", "test")[i // 2 % 4] for i in range(120)]
    first = pd.DataFrame({"track_id": [*ids, ids[0]], "fold": 0, "part": [*parts, "test"]})
    second = pd.concat([first[:120].assign(fold=fold) for fold in (3, 5)])
    module = SimpleNamespace(
        labels=lambda tracks, task: numbers if task_type == "regression" else tracks["label"],
        splits=lambda tracks, task, name="first": {"first": first, "second": second}[name],
        GROUPED_BY=None,
    )
    split = {"whole": "single", "fractions": None, "published": None, "per_class": None} | split
    return split_of(
        module, tracks, dataset="d", task="t", task_type=task_type, split=split, seed=0, allow_overlap=allow_overlap
    )


def used(table):
    return table.to_pandas().query("part != 'left_out'")


def test_what_a_configuration_says_of_a_split_is_what_it_gets():
    with pytest.raises(SoundcheckError, match="in more than one part of the official split: t000"):
        asked()
    assert (used(asked(allow_overlap=["id"])[0])["track_id"] == "t000").sum() == 2
    table, metadata = asked(whole="second", published="second")
    assert sorted(set(table["fold"].to_pylist())) == [3, 5]
    assert metadata["fractions"] is None
    table, metadata = asked(whole="50-25-25", fractions=[0.5, 0.25, 0.25])
    assert metadata["fractions"] == [0.5, 0.25, 0.25]
    assert used(table)["part"].value_counts().to_dict() == {"train": 60, "validation": 30, "test": 30}


@pytest.mark.parametrize(("task_type", "n"), [("multiclass", 16), ("regression", 8)])
def test_a_sample_is_of_so_many_tracks_of_each_class_or_of_all_numbers(task_type, n):
    table, metadata = asked(task_type, whole="second", published="second", per_class=8)
    assert metadata["split"] == "second-8-per-class"
    for _, rows in used(table).groupby("fold"):
        assert len(rows) == n
        assert set(rows["part"]) == {"train", "validation", "test"}
    assert len(set(used(table)["track_id"])) == n
