"""Events as text, and from task folders, tables and annotation files: read exactly, checked against the audio."""

import csv
import json

import numpy as np
import pandas as pd
import pytest
import soundfile

from soundcheck import events
from soundcheck.datasets import index, sources
from soundcheck.datasets.sources import folder, hear_tasks
from soundcheck.datasets.splits import questions
from soundcheck.datasets.splits.making import make_split
from soundcheck.events import Event
from soundcheck.plumbing.errors import SoundcheckError

EVENT = {"embedding_type": "event", "prediction_type": "multilabel", "split_mode": "trainvaltest"}


def test_what_is_written_reads_back_exactly():
    for onset_s, offset_s in np.random.default_rng(0).uniform(0, 120, (50, 2)):
        event = Event(onset_s, offset_s, "key turn, 2")
        assert events.parsed(events.written(event)) == event
    assert events.parsed(" 1\t2.5 \t a b ") == Event(1.0, 2.5, "a b")
    assert events.parsed("1\t2.5\ta\tb") == Event(1.0, 2.5, "a\tb")


@pytest.mark.parametrize("text", ["", "1\t2", "1,2,dog", "one\t2\tdog", "nan\t2\tdog", "1\tinf\tdog", "1\t2\t "])
def test_what_is_no_event_is_refused(text):
    with pytest.raises(SoundcheckError, match="is no event"):
        events.parsed(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("1.0\t2.0\ta", None),
        ("1.0\t1.0\ta", None),
        ("9.0\t11.0\ta", None),
        ("10.0\t11.0\ta", None),
        ("2.0\t1.0\ta", "its event 'a' ends, at 1 s, before it begins, at 2 s"),
        ("-1.0\t1.0\ta", "its event 'a' begins before the clip, at -1 s"),
        ("10.5\t11.0\ta", "its event 'a' begins at 10.5 s, after the clip's end at 10 s"),
    ],
)
def test_events_that_cannot_be_those_of_a_clip_have_a_reason(text, said):
    assert events.fault(["0.0\t1.0\tb", text], 10) == said


def test_without_a_known_duration_no_event_is_too_late():
    assert events.fault(["500.0\t501.0\ta"], float("nan")) is None


# ------------------------------------------------------------------------------------------- task folders of HEAR


def write_task(root, labels, metadata=EVENT):
    """A task folder with a clip of a second for each entry of `labels`, (split, file) -> events."""
    root.mkdir(exist_ok=True)
    (root / "task_metadata.json").write_text(json.dumps(metadata))
    (root / "labelvocabulary.csv").write_text("idx,label\n0,dog\n1,60\n")
    for split in ("train", "valid", "test"):
        files = {file: found for (own, file), found in labels.items() if own == split}
        (root / f"{split}.json").write_text(json.dumps(files))
        (root / "8000" / split).mkdir(parents=True, exist_ok=True)
        for file in files:
            soundfile.write(root / "8000" / split / file, np.ones(8000) / 2, 8000)
    return root


def event(label="dog", start=100, end=350.5):
    return {"label": label, "start": start, "end": end}


def task_of(tmp_path, *of_first):
    labels = {("train", "a.wav"): list(of_first), ("train", "b.wav"): [event(), event(60, 500, 600)]}
    labels |= {("valid", "c.wav"): [event()], ("test", "d.wav"): []}
    return write_task(tmp_path / "task", labels)


def tracks_of(module, root, **options):
    """The table of tracks, as a job reads it back."""
    return index.index(module, root, "tiny", options)[0].to_pandas()


def test_an_event_task_has_events_in_seconds(tmp_path):
    tracks = tracks_of(hear_tasks, task_of(tmp_path, event(), event(start=0.25, end=1)))
    found = dict(zip(tracks["track_id"], questions.events(hear_tasks, tracks, "sounds"), strict=True))
    assert found == {
        "train_a": ["0.1\t0.3505\tdog", "0.00025\t0.001\tdog"],
        "train_b": ["0.1\t0.3505\tdog", "0.5\t0.6\t60"],
        "valid_c": ["0.1\t0.3505\tdog"],
        "test_d": [],
    }
    assert list(map(list, tracks["labels"])) == [[], ["dog"], ["60", "dog"], ["dog"]]


def test_events_that_are_wrong_leave_their_clip_out_with_the_reason(tmp_path):
    tracks = tracks_of(hear_tasks, task_of(tmp_path, event(start=1500, end=1600)))
    found = questions.events(hear_tasks, tracks, "sounds")
    assert found[1] == "its event 'dog' begins at 1.5 s, after the clip's end at 1 s"
    table, metadata = make_split(
        tracks, [], dataset="d", task="sounds", task_type="event_detection", split="single", seed=0,
        official=hear_tasks.splits(tracks, "sounds"), events=found
    )  # fmt: skip
    rows = table.to_pandas().set_index("track_id")
    assert rows.loc["train_a", "reason"] == found[1]
    assert list(rows.loc["train_b", "events"]) == found[2]
    assert metadata["classes"] == ["60", "dog"]
    assert metadata["task_type"] == "event_detection"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"label": "dog", "start": 0}, r"train\.json: 'a\.wav' has an event without end"),
        ({"start": 0, "end": 1}, "has an event without label"),
        ({"label": "dog", "start": "soon", "end": 1}, "start or end is not a number"),
        ({"label": "dog", "start": None, "end": 1}, "start or end is not a number"),
        ({"label": "dog", "start": float("nan"), "end": 1}, "start or end is not a number"),
        ("dog", "labels without times"),
    ],
)
def test_what_lacks_a_key_or_a_number_is_refused_by_file(tmp_path, wrong, said):
    with pytest.raises(SoundcheckError, match=said):
        hear_tasks.tracks(task_of(tmp_path, event(), wrong))


def test_a_scene_task_has_no_events(tmp_path):
    scene = EVENT | {"embedding_type": "scene"}
    tracks = hear_tasks.tracks(write_task(tmp_path, {("train", "a.wav"): ["dog"]}, scene))
    with pytest.raises(SoundcheckError, match="holds a scene task, whose labels have no times"):
        questions.events(hear_tasks, tracks, "sounds")


def test_a_dataset_without_times_says_so():
    with pytest.raises(SoundcheckError, match="its labels have no times"):
        questions.events(sources.load("vocalset"), pd.DataFrame(), "sounds")


# --------------------------------------------------------------------------------------------- a table of one's own


def write_folder(root, columns, rows, files):
    (root / "audio").mkdir(parents=True)
    for name in ("a", "b"):
        soundfile.write(root / "audio" / f"{name}.wav", np.ones(8000) / 2, 8000)
    for name, text in files.items():
        (root / name).write_text(text, encoding="utf-8")
    with (root / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    return {"csv": str(root / "labels.csv")}


ROWS = [["audio/a.wav", "a.txt"], ["audio/b.wav", "b.txt"]]


def test_annotation_files_are_read(tmp_path):
    files = {"a.txt": "0.1\t0.2\tdog bark\n\n0.3\t0.4\tbell\n", "b.txt": ""}
    tracks = tracks_of(folder, tmp_path, **write_folder(tmp_path, ["path", "events_file"], ROWS, files))
    assert list(questions.events(folder, tracks, "sounds")) == [["0.1\t0.2\tdog bark", "0.3\t0.4\tbell"], []]
    assert list(map(list, tracks["labels"])) == [["bell", "dog bark"], []]


def test_labels_of_ones_own_stay_beside_events(tmp_path):
    rows = [[*row, label] for row, label in zip(ROWS, "xy", strict=True)]
    files = {"a.txt": "0.1\t0.2\tdog", "b.txt": "3\t4\tdog"}
    options = write_folder(tmp_path, ["path", "events_file", "label"], rows, files)
    tracks = tracks_of(folder, tmp_path, **options)
    assert list(folder.labels(tracks, "sounds")) == [["x"], ["y"]]
    found = questions.events(folder, tracks, "sounds")
    assert found[1] == "its event 'dog' begins at 3 s, after the clip's end at 1 s"


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "rows 2, 3: no file where 'events_file' says"),
        ({"a.txt": "0.1\t0.2\tdog\n0.1 0.2 dog", "b.txt": ""}, r"a\.txt, line 2: .* is no event"),
    ],
)
def test_a_missing_or_unreadable_annotation_file_is_named(tmp_path, files, said):
    options = write_folder(tmp_path, ["path", "events_file"], ROWS, files)
    with pytest.raises(SoundcheckError, match=said):
        folder.tracks(tmp_path, **options)


def test_a_track_whose_annotations_cannot_be_used_is_listed_and_the_others_go_on(tmp_path):
    options = write_folder(tmp_path, ["path", "events_file"], ROWS, {"a.txt": "0.1\t0.2\tdog\n0.3\t0.4\t\n"})
    (tmp_path / "t.csv").write_text("path,events_file\na.wav,a.txt\nb.wav,b.txt\nc.wav,\nd.wav,sub\\d.txt\n")
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "d.txt").write_text("0.1\t0.2\tdog\n")
    for name in "cd":
        soundfile.write(tmp_path / f"{name}.wav", np.ones(8000) / 2, 8000)
    tracks = tracks_of(folder, tmp_path, **options | {"csv": str(tmp_path / "t.csv")})
    faults = ["without a label: 1 of its 2 events", "no annotation file 'b.txt'", "no 'events_file'"]
    assert list(tracks["left_out"].dropna()) == faults
    assert list(questions.events(folder, tracks, "sounds")) == [*faults, ["0.1\t0.2\tdog"]]


def test_labels_of_ones_own_stay_where_annotations_cannot_be_used(tmp_path):
    rows = [[*row, label] for row, label in zip(ROWS, "xy", strict=True)]
    options = write_folder(tmp_path, ["path", "events_file", "label"], rows, {"a.txt": "0.1\t0.2\tdog"})
    tracks = tracks_of(folder, tmp_path, **options)
    assert tracks["left_out"].isna().all()
    assert list(folder.labels(tracks, "sounds")) == [["x"], ["y"]]
    assert list(questions.events(folder, tracks, "sounds")) == [["0.1\t0.2\tdog"], "no annotation file 'b.txt'"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0.05\t0.1\tlow\n\\\t100.0\t2000.0\n", (["0.05\t0.1\tlow"], 0)),
        ("0,05\t0,1\tlow, loud\n\\\t100,0\t2000,0\n1\t2,5\tb\n", (["0.05\t0.1\tlow, loud", "1.0\t2.5\tb"], 0)),
        ("0.05\t0.1\tlow\n0.2\t0.25\t\n0.3\t0.4\n", (["0.05\t0.1\tlow"], 2)),
        ("\ufeff0.05\t0.05\tlow\r\n\r\n", (["0.05\t0.05\tlow"], 0)),
        ("0,05\t0,1\tfeat. x\n\\\t100.0\t2000.0\n", (["0.05\t0.1\tfeat. x"], 0)),
        (" 1 \t 2.5\ta\tb\n  \n\t\n3\t4\t  \n", (["1.0\t2.5\ta\tb"], 1)),
        ("1,5\t2\ta, b\n", (["1.5\t2.0\ta, b"], 0)),
    ],
)
def test_annotations_are_read_as_audacity_writes_them(tmp_path, text, found):
    (tmp_path / "a.txt").write_bytes(text.encode())
    assert events.read_file(tmp_path / "a.txt") == found


@pytest.mark.parametrize(
    "text", ["0,05\t0.1\tlow", "0.1\t0.2\ta\n1,000\t2.5\tb", "1_0\t20\ta", "0x1\t2\ta", "1\t1e400\ta"]
)
def test_times_that_may_be_meant_in_two_ways_are_refused_with_their_line(tmp_path, text):
    (tmp_path / "a.txt").write_text(text)
    with pytest.raises(SoundcheckError, match=rf"a\.txt, line {text.count(chr(10)) + 1}: .* is no event"):
        events.read_file(tmp_path / "a.txt")


def test_a_table_without_annotation_files_has_no_events(tmp_path):
    options = write_folder(tmp_path, ["path", "label"], ROWS, {})
    with pytest.raises(SoundcheckError, match="'events_file', which names an annotation file"):
        questions.events(folder, folder.tracks(tmp_path, **options), "sounds")


# ------------------------------------------------------------------------------------------------------------ splits


def split_of(values, **arguments):
    tracks = pd.DataFrame({"track_id": [f"t{i:02}" for i in range(len(values or []))], "group": None, "left_out": None})
    arguments = {"dataset": "d", "task": "s", "task_type": "event_detection", "split": "single", "seed": 0} | arguments
    table, metadata = make_split(tracks, [], events=values, **arguments)
    return table.to_pandas().set_index("track_id"), metadata


def test_labels_are_those_of_the_events_and_rare_ones_go_with_theirs():
    values = [[f"0.0\t1.0\t{'ab'[i % 2]}", "2.0\t3.0\tc"] for i in range(30)]
    values[7].append("4.0\t5.0\trare")
    table, metadata = split_of(values)
    assert metadata["classes"] == ["a", "b", "c"]
    assert set(metadata["left_out_labels"]) == {"rare"}
    assert list(table.loc["t07", "events"]) == values[7][:2]
    assert list(table.loc["t08", "label"]) == ["a", "c"]


def test_tracks_without_annotation_are_not_of_the_task():
    table, metadata = split_of([["0.0\t1.0\ta"]] * 20 + [None, "unreadable"])
    assert metadata["n_not_applicable"] == 1
    assert table.loc["t21", ["part", "reason"]].tolist() == ["left_out", "unreadable"]
    assert "t20" not in table.index


def test_events_and_their_type_of_task_go_together():
    with pytest.raises(SoundcheckError, match="events are needed for event detection"):
        split_of([["0.0\t1.0\ta"]] * 20, task_type="multilabel")
    with pytest.raises(SoundcheckError, match="events are needed for event detection"):
        split_of(None)
