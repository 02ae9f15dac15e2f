"""Published parts and folds of mirdata's datasets, and the groups that no split may part."""

from collections import Counter

import pytest
from mirdata_folders import KEYS, MEDLEY, N_TINYSOL, write_medley

from soundcheck.datasets.sources import mirdata_adapter
from soundcheck.datasets.splits import making

pytest.importorskip("mirdata")


def test_tracks_that_share_one_artist_of_several_are_one_group(key_dataset):
    name, folder = key_dataset
    tracks = mirdata_adapter.tracks(folder, dataset=name)
    groups = dict(zip(KEYS, tracks["group"], strict=True))
    a, b, both = (groups[track] for track in list(KEYS)[1:4])
    assert a == b == both == "A"
    assert groups["100070 C - Rare (Original Mix)"] == groups["100071 C - Rare (Remix)"] == "C"
    assert mirdata_adapter.groups(tracks, "key_estimation")[1] == "artist"


@pytest.mark.parametrize("task", ["instrument_classification", "pitch_class_classification"])
def test_tinysol_rotates_its_official_folds(tinysol, task):
    tracks = mirdata_adapter.tracks(tinysol, dataset="tinysol")
    official = mirdata_adapter.splits(tracks, task).set_index(["fold", "track_id"])["part"]
    for tested in range(5):
        expected = {(tested - 1) % 5: "validation", tested: "test"}
        for fold, dynamics in enumerate(("pp", "p", "mf", "f", "ff")):
            assert official[tested, f"Fl-ord-G5-{dynamics}-N-N"] == expected.get(fold, "train")
    n_fold = N_TINYSOL // 5
    for split, n_folds in (("single", 1), ("all", 5)):
        table, metadata = making.make_split(
            tracks,
            mirdata_adapter.labels(tracks, task),
            dataset="tinysol",
            task=task,
            task_type="multiclass",
            split=split,
            seed=0,
            official=mirdata_adapter.splits(tracks, task),
        )
        assert metadata["official"]
        # As in the thesis' code: fold 0 validates, fold 1 is tested.
        assert sorted(set(table["fold"].to_pylist())) == ([1] if split == "single" else [0, 1, 2, 3, 4])
        counts = Counter(table["part"].to_pylist())
        assert counts == {"train": 3 * n_fold * n_folds, "validation": n_fold * n_folds, "test": n_fold * n_folds}


def test_parts_may_come_from_an_attribute_of_another_name(tmp_path):
    write_medley(tmp_path)
    tracks = mirdata_adapter.tracks(tmp_path, dataset="medley_solos_db")
    official = mirdata_adapter.splits(tracks, "instrument_classification")
    assert list(official["part"]) == ["train", "validation", "test"]
    assert list(tracks["group"]) == ["1", "2", "3"]
    # The configuration may do without the published split, and without the groups.
    tracks = mirdata_adapter.tracks(tmp_path, dataset="medley_solos_db", split_attribute="", group="")
    assert mirdata_adapter.splits(tracks, "instrument_classification") is None
    assert tracks["group"].isna().all()


def test_a_part_of_another_name_is_in_no_part(tmp_path):
    write_medley(tmp_path, MEDLEY | {"omitted": ("violin", 4)})
    tracks = mirdata_adapter.tracks(tmp_path, dataset="medley_solos_db")
    assert len(mirdata_adapter.splits(tracks, "instrument_classification")) == 3
