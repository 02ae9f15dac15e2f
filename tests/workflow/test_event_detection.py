"""Event detection from a task folder of the HEAR benchmark to its table: tones at known times, in miniature."""

import json

import numpy as np
import pyarrow as pa
import pytest
import soundfile
from running import RATE, read_rows, snakemake, table, write_config

from soundcheck import parquet
from soundcheck.events import parsed
from soundcheck.scoring.scores import scores_from_predictions

LABELS = {"low": 300, "middle": 900, "high": 2700}
LENGTH_S = 6
# Of handcrafted-mel.
HOP_S = 512 / 22050
BY_LABEL = {"event_onset_200ms", "event_onset_50ms", "event_onset_offset_50ms"}
METRICS = [*sorted(BY_LABEL), "segment_error_rate"]


def clip(generator, path, broken=False):
    """Write a clip with some tones in faint noise; return its events as the benchmark writes them, in ms."""
    samples = 0.003 * generator.standard_normal(LENGTH_S * RATE)
    events = []
    for label, pitch_hz in LABELS.items():
        for start_s in (0.4, 3.2):
            if generator.random() < 0.2:
                continue
            start_s, length_s = start_s + generator.uniform(0, 1.5), generator.uniform(0.5, 1.2)
            first, last = int(start_s * RATE), int((start_s + length_s) * RATE)
            time_s = np.arange(last - first) / RATE
            samples[first:last] += 0.2 * np.sin(2 * np.pi * pitch_hz * time_s)
            events.append({"label": label, "start": 1000 * start_s, "end": 1000 * (start_s + length_s)})
    soundfile.write(path, samples, RATE)
    return events


def write_task(root, n_clips):
    """A task folder as hear-preprocess writes it; two training clips have events that cannot be theirs."""
    generator = np.random.default_rng(0)
    root.mkdir()
    metadata = {"task_name": "tones", "embedding_type": "event", "prediction_type": "multilabel"}
    (root / "task_metadata.json").write_text(json.dumps(metadata | {"split_mode": "trainvaltest"}))
    (root / "labelvocabulary.csv").write_text("idx,label\n0,low\n1,middle\n2,high\n")
    for split, n in n_clips.items():
        folder = root / str(RATE) / split
        folder.mkdir(parents=True)
        found = {f"{number}.wav": clip(generator, folder / f"{number}.wav") for number in range(n)}
        if split == "train":
            found["0.wav"].append({"label": "low", "start": 2000, "end": 1000})
            found["1.wav"].append({"label": "low", "start": 7000, "end": 7100})
        (root / f"{split}.json").write_text(json.dumps(found))


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of frames every 23 ms, one probe, two seeds, two durations to choose from."""
    directory = tmp_path_factory.mktemp("events")
    write_task(directory / "tones", {"train": 12, "valid": 5, "test": 8})
    experiment = {
        "task": {"name": "tones", "type": "event_detection", "min_duration_ms": [100, 250]},
        "datasets": [{"name": "tones", "type": "hear_tasks", "dir": "tones"}],
        "embedders": [{"name": "mel", "like": "handcrafted-mel"}],
        "probes": [{"name": "linear", "epochs": 60, "learning_rate": 0.01}],
    }
    write_config(directory, experiment, autotable=["embedders", "per_class"], seeds=2)
    done = snakemake(directory, "evaluate", "tables", "figures")
    assert done.status == 0, done.output[-4000:]
    return directory


def scores(run):
    return read_rows(run / "results/scores/tones/tones/single/clean/mel/linear.csv")


def predicted(run):
    (path,) = (run / "results/predictions/tones/tones/single/clean").rglob("*.parquet")
    return table(path), path


def test_the_scores_are_far_above_those_of_permuted_tracks(run):
    means = {(row["metric"], row["label"]): float(row["value"]) for row in scores(run) if row["seed"] == "mean"}
    assert means.keys() == {(name, label) for name in BY_LABEL for label in ("", *LABELS)} | {
        ("segment_error_rate", "")
    }
    assert means["event_onset_200ms", ""] > 0.8
    assert means["segment_error_rate", ""] < 0.3
    found, path = predicted(run)
    shifted = found.groupby("seed")["predicted"].transform(lambda column: np.roll(column, 1))
    chance = parquet.read(path).to_pylist()
    for row, others in zip(chance, shifted, strict=True):
        row["predicted"] = list(others)
    permuted = pa.Table.from_pylist(chance, parquet.read(path).schema)
    rows = scores_from_predictions(permuted, parquet.metadata(path), METRICS, 100, 0)
    values = {row["metric"]: row["value"] for row in rows if row["seed"] == "mean" and not row["label"]}
    assert means["event_onset_200ms", ""] > values["event_onset_200ms"] + 0.4
    assert means["segment_error_rate", ""] < values["segment_error_rate"] - 0.3


def test_the_scores_are_recomputed_from_the_predictions(run):
    _, path = predicted(run)
    rows = scores_from_predictions(parquet.read(path), parquet.metadata(path), METRICS, 100, 42)
    own = [(row["metric"], row["label"], row["seed"], row["value"]) for row in scores(run)]
    again = [(row["metric"], row["label"] or "", str(row["seed"]), str(row["value"])) for row in rows]
    assert sorted(again) == sorted(own)


def test_predicted_events_lie_on_frames_and_are_long_enough(run):
    found, _ = predicted(run)
    assert len(found) == 2 * 8
    events = [parsed(text) for row in found["predicted"] for text in row]
    assert len(events) > 40
    assert {event.label for event in events} == set(LABELS)
    times = np.array([event[:2] for event in events])
    np.testing.assert_allclose(times / HOP_S, np.round(times / HOP_S), atol=1e-6)
    assert (times[:, 1] - times[:, 0]).min() >= 0.1 - 1e-9


def test_clips_whose_events_cannot_be_theirs_are_left_out_with_the_reason(run):
    split = table(run / "results/splits/tones/tones/single.parquet").set_index("track_id")
    assert split["reason"].dropna().to_dict() == {
        "train_0": "its event 'low' ends, at 1 s, before it begins, at 2 s",
        "train_1": "its event 'low' begins at 7 s, after the clip's end at 6 s",
    }


def test_the_choice_on_validation_tracks_is_in_the_log(run):
    (log,) = (run / "results/logs/fit_probes").rglob("*.log")
    text = log.read_text(encoding="utf-8")
    for seed in (0, 1):
        assert f"fold 0, seed {seed}: median filter of 250 ms, events of at least" in text


def test_tables_and_figures_show_them(run):
    made = {path.name for path in (run / "results/tables/tones/tones/single").iterdir()}
    assert {"embedders.md", "per_class.md"} < made
    text = (run / "results/tables/tones/tones/single/embedders.md").read_text(encoding="utf-8")
    assert "Event F1 (onset, 200 ms)" in text
    assert "Segment error rate" in text
    figures = {path.name for path in (run / "results/figures/tones/tones/single").iterdir()}
    assert figures == {"robustness.svg", "confusion.svg"}
