"""Task folders of the HEAR benchmark, in miniature: names and formats as hear-preprocess writes them."""

import json

import pytest

from soundcheck.datasets import index, sources
from soundcheck.datasets.sources import hear_tasks
from soundcheck.datasets.splits.making import make_split
from soundcheck.plumbing.errors import SoundcheckError

LABELS = {"train": {"a.wav": ["dog"], "b.wav": ["cat"], "c.wav": ["dog"]}, "valid": {"d.wav": ["cat"]}}
SCENE = {"task_name": "tiny", "embedding_type": "scene", "prediction_type": "multiclass", "split_mode": "trainvaltest"}


def make(root, labels=None, metadata=None, rates=(16000, 48000), vocabulary=None):
    labels = labels or LABELS | {"test": {"e.wav": ["dog"], "f.wav": ["cat"]}}
    root.mkdir(parents=True, exist_ok=True)
    (root / "task_metadata.json").write_text(json.dumps(SCENE | (metadata or {})))
    known = vocabulary or sorted({str(label) for files in labels.values() for each in files.values() for label in each})
    lines = [f"{i},{label}" for i, label in enumerate(known)]
    (root / "labelvocabulary.csv").write_text("\n".join(["idx,label", *lines, ""]))
    for split, files in labels.items():
        (root / f"{split}.json").write_text(json.dumps(files))
        for rate in rates:
            folder = root / str(rate) / split
            folder.mkdir(parents=True)
            for file in files:
                (folder / file).write_bytes(b"audio")
    return root


def folds_of(n):
    return {f"fold{i:02}": {f"{i}{name}.wav": [name] for name in "xy"} for i in range(n)}


def test_a_scene_task_gives_files_labels_and_parts(tmp_path):
    make(tmp_path)
    hear_tasks.download(tmp_path)
    tracks = hear_tasks.tracks(tmp_path)
    assert list(tracks["track_id"]) == ["train_a", "train_b", "train_c", "valid_d", "test_e", "test_f"]
    assert list(tracks["path"])[:2] == ["48000/train/a.wav", "48000/train/b.wav"]
    assert list(hear_tasks.labels(tracks, "sounds")) == [["dog"], ["cat"], ["dog"], ["cat"], ["dog"], ["cat"]]
    assert list(hear_tasks.splits(tracks, "sounds")["part"]) == ["train"] * 3 + ["validation"] + ["test"] * 2


def test_the_sample_rate_changes_paths_but_no_ids(tmp_path):
    make(tmp_path)
    chosen = hear_tasks.tracks(tmp_path, sample_rate=16000)
    assert chosen["path"][0] == "16000/train/a.wav"
    assert list(chosen["track_id"]) == list(hear_tasks.tracks(tmp_path)["track_id"])
    with pytest.raises(SoundcheckError, match="no audio at 22050 Hz; `sample_rate` may be 16000, 48000"):
        hear_tasks.tracks(tmp_path, sample_rate=22050)


def test_the_highest_rate_is_the_highest_number(tmp_path):
    make(tmp_path, rates=(8000, 16000))
    assert hear_tasks.tracks(tmp_path)["path"][0] == "16000/train/a.wav"


@pytest.mark.parametrize("named", [True, False])
def test_folds_go_round_as_in_the_benchmarks_own_kit(tmp_path, named):
    metadata = {"split_mode": "new_split_kfold", "nfolds": 5}
    metadata |= {"splits": [f"fold{i:02}" for i in range(5)]} if named else {}
    make(tmp_path, folds_of(5), metadata)
    tracks = hear_tasks.tracks(tmp_path)
    folds = hear_tasks.splits(tracks, "sounds").merge(tracks, on="track_id")
    part = folds.groupby(["fold", "split"])["part"].unique().str.join(",")
    for fold in range(5):
        for number in range(5):
            expected = {fold: "test", (fold + 1) % 5: "validation"}.get(number, "train")
            assert part[fold, f"fold{number:02}"] == expected


def test_folds_that_are_numbered_from_one_keep_their_numbers(tmp_path):
    names = [f"fold{i:02}" for i in (1, 2, 3)]
    files = {name: {f"{name}{label}.wav": [label] for label in "xy"} for name in names}
    make(tmp_path, files, {"split_mode": "presplit_kfold", "nfolds": 3})
    tested = hear_tasks.splits(hear_tasks.tracks(tmp_path), "sounds").query("part == 'test'")
    assert {(fold, track_id[:6]) for fold, track_id in zip(tested["fold"], tested["track_id"], strict=True)} == {
        (1, "fold01"), (2, "fold02"), (3, "fold03")
    }  # fmt: skip


def split_of(root, **arguments):
    tracks = index.index(hear_tasks, root, "tiny")[0].to_pandas()
    # The miniature's files are no audio.
    tracks["left_out"] = None
    arguments = {
        "dataset": "tiny",
        "task": "sounds",
        "task_type": "multiclass",
        "split": "single",
        "seed": 0,
    } | arguments
    official = hear_tasks.splits(tracks, "sounds")
    return make_split(tracks, hear_tasks.labels(tracks, "sounds"), official=official, **arguments)


def test_single_is_the_first_rotation_and_all_are_k(tmp_path):
    make(tmp_path, folds_of(3), {"split_mode": "presplit_kfold", "nfolds": 3})
    single = split_of(tmp_path)[0].to_pandas()
    assert set(single["fold"]) == {0}
    assert set(single["track_id"][single["part"] == "test"]) == {"fold00_0x", "fold00_0y"}
    every, metadata = split_of(tmp_path, split="all")
    assert set(every["fold"].to_pylist()) == {0, 1, 2}
    assert metadata["classes"] == ["x", "y"]
    tested = every.to_pandas().query("part == 'test'")["track_id"]
    assert sorted(tested) == sorted(set(every["track_id"].to_pylist()))


def test_tags_and_numbers_are_labels(tmp_path):
    make(tmp_path, {"train": {"a.wav": [60, 64]}, "valid": {"b.wav": []}, "test": {"c.wav": [" 60 "]}},
         {"prediction_type": "multilabel"}, vocabulary=[60, 64])  # fmt: skip
    tracks = hear_tasks.tracks(tmp_path)
    assert list(tracks["labels"]) == [["60", "64"], [], ["60"]]
    assert tracks["left_out"].isna().all()


def test_a_label_outside_the_vocabulary_leaves_its_clip_out_with_the_reason(tmp_path):
    make(tmp_path, vocabulary=["dog"])
    tracks = hear_tasks.tracks(tmp_path).set_index("track_id")
    assert tracks.loc["train_b", "left_out"] == "label 'cat' is not in labelvocabulary.csv"
    assert tracks.loc["train_a", "left_out"] is None


def test_a_file_that_is_not_there_is_listed(tmp_path):
    make(tmp_path)
    (tmp_path / "48000" / "test" / "e.wav").unlink()
    tracks = index.index(hear_tasks, tmp_path, "tiny")[0].to_pandas().set_index("track_id")
    assert tracks.loc["test_e", "left_out"] == "missing file"
    assert len(tracks) == 6


def test_a_file_name_in_two_splits_is_one_group(tmp_path):
    make(tmp_path, LABELS | {"test": {"a.wav": ["dog"], "f.wav": ["cat"]}})
    tracks = hear_tasks.tracks(tmp_path)
    assert tracks["track_id"].is_unique
    assert split_of(tmp_path)[1]["group_overlap"] == ["a"]


def test_an_unpacked_archive_may_be_named_whole(tmp_path):
    make(tmp_path / "hear-2021.0.6" / "tasks" / "tiny-v1-full")
    assert hear_tasks.tracks(tmp_path)["path"][0] == "hear-2021.0.6/tasks/tiny-v1-full/48000/train/a.wav"
    make(tmp_path / "hear-2021.0.6" / "tasks" / "other-v1-full")
    with pytest.raises(SoundcheckError, match=r"holds 2 tasks: set `dir` to one of them.*other-v1-full"):
        hear_tasks.tracks(tmp_path)


def test_an_event_task_is_read_as_the_tags_that_occur(tmp_path):
    make(tmp_path, metadata=SCENE | {"embedding_type": "event", "prediction_type": "multilabel"})
    files = {
        path: sorted(json.loads(path.read_text()))
        for path in tmp_path.glob("t*.json")
        if path.stem in ("train", "test")
    }
    files |= {tmp_path / "valid.json": sorted(json.loads((tmp_path / "valid.json").read_text()))}
    for path, names in files.items():
        events = [{"label": "dog", "start": 0, "end": 9}, {"label": "cat", "start": 1, "end": 2}]
        path.write_text(json.dumps({name: [*events, {"label": "dog", "start": 20, "end": 30}] for name in names}))
    table = hear_tasks.tracks(tmp_path)
    assert all(labels == ["cat", "dog"] for labels in hear_tasks.labels(table, "events"))
    assert set(hear_tasks.splits(table, "events")["part"]) == {"train", "validation", "test"}


def test_labels_without_times_do_not_fit_an_event_task(tmp_path):
    make(tmp_path, metadata=SCENE | {"embedding_type": "event", "prediction_type": "multilabel"})
    with pytest.raises(SoundcheckError, match="labels without times"):
        hear_tasks.tracks(tmp_path)


def test_what_is_no_task_folder_says_where_to_get_one(tmp_path):
    with pytest.raises(SoundcheckError, match=r"does not exist.*hearbenchmark"):
        sources.provide("hear_tasks", "tiny", tmp_path / "nowhere")
    with pytest.raises(SoundcheckError, match=r"no task_metadata\.json.*hearbenchmark"):
        hear_tasks.download(tmp_path)


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("task_metadata.json", "{", "not readable as JSON"),
        ("task_metadata.json", '{"embedding_type": "scene"}', "no prediction_type, split_mode"),
        ("task_metadata.json", json.dumps(SCENE | {"prediction_type": "seld"}), "'seld' is neither"),
        ("task_metadata.json", json.dumps(SCENE | {"split_mode": "trainvaltst"}), "did you mean 'trainvaltest'"),
        ("task_metadata.json", json.dumps(SCENE | {"split_mode": "new_split_kfold"}), "0 folds"),
        ("train.json", '{"a.wav": ["dog"], "a.wav": ["cat"]}', r"train\.json: twice in one object: a\.wav"),
        ("train.json", '{"a.wav": [{"label": "dog", "start": 0, "end": 1}]}', "events with times"),
        ("test.json", None, r"no test\.json"),
        ("labelvocabulary.csv", None, "is not there"),
        ("labelvocabulary.csv", "label\ndog\n", "columns idx and label"),
    ],
)
def test_a_broken_task_folder_is_refused_by_file(tmp_path, file, content, said):
    make(tmp_path)
    (tmp_path / file).unlink() if content is None else (tmp_path / file).write_text(content)
    with pytest.raises(SoundcheckError, match=said):
        hear_tasks.tracks(tmp_path)
