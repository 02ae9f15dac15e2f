"""Event detection, stage by stage: targets of frames, events of scores, the choice on validation tracks, scores."""

import itertools

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from event_lists import texts
from markup import read_html
from scipy.ndimage import median_filter

from soundcheck import parquet
from soundcheck.datasets import joining
from soundcheck.datasets.splits import making
from soundcheck.events import parsed
from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.presenting import pages
from soundcheck.probing import detection, fitting, items
from soundcheck.probing.mlp import model as mlp
from soundcheck.probing.predicting import events as predicting
from soundcheck.scoring import labels, metrics
from soundcheck.scoring.scores import scores_from_predictions
from soundcheck.scoring.table import AXES

CLASSES = ["bell", "dog", "knock"]
METRICS = ["event_onset_200ms", "event_onset_50ms", "event_onset_offset_50ms", "segment_error_rate"]

# ----------------------------------------------------------------------------------------------- targets and events


def test_a_frame_has_the_labels_of_the_events_that_it_lies_in_ends_included():
    # In ms, as in the benchmark's own kit: start <= t < end + 0.0001.
    generator = np.random.default_rng(0)
    for _ in range(20):
        hop_ms = generator.choice([10, 23.21995, 50])
        times_ms = hop_ms * np.arange(100)
        starts = generator.choice(times_ms, 6) + generator.choice([0, 0, 3.3], 6)
        ends = starts + generator.choice([0, hop_ms, 7 * hop_ms, 33.3], 6)
        events = list(zip(starts, ends, generator.choice(CLASSES, 6), strict=True))
        expected = [
            [any(start <= t < end + 0.0001 and own == label for start, end, own in events) for label in CLASSES]
            for t in times_ms
        ]
        written = texts([(start / 1000, end / 1000, label) for start, end, label in events], decimals=12)
        assert np.array_equal(detection.targets(written, times_ms / 1000, CLASSES), expected)


def test_labels_that_are_no_classes_are_passed_over():
    assert not detection.targets(["0.0\t9.0\tcough"], np.arange(5.0), CLASSES).any()


def as_the_kit_does(scores, times_ms, median_filter_ms, min_duration_ms):
    """What hear-eval-kit's recipe says, written out: (start, end, class) in ms."""
    if median_filter_ms:
        width = round(median_filter_ms / np.mean(np.diff(times_ms)))
        if width:
            scores = median_filter(scores, size=(width, 1))
    found = []
    for label in range(scores.shape[1]):
        above = [frame for frame in range(len(scores)) if scores[frame, label] > 0.5]
        for _, run in itertools.groupby(enumerate(above), lambda pair: pair[1] - pair[0]):
            frames = [frame for _, frame in run]
            start, end = times_ms[frames[0]], times_ms[frames[-1]]
            if end - start >= min_duration_ms:
                found.append((start, end, CLASSES[label]))
    return found


@pytest.mark.parametrize("hop_ms", [10, 25, 50, 80, 100, 160, 600])
@pytest.mark.parametrize("median_filter_ms", [0, 150, 250])
def test_events_are_those_of_the_benchmarks_own_recipe(hop_ms, median_filter_ms):
    generator = np.random.default_rng(hop_ms)
    n = 400
    smooth = np.cumsum(generator.normal(0, 0.25, (n, 3)), axis=0)
    scores = (0.5 + 0.5 * np.sin(smooth) + generator.normal(0, 0.2, (n, 3))).astype(np.float32)
    times_ms = hop_ms * np.arange(n, dtype=float)
    order = generator.permutation(n)
    for min_duration_ms in (0, 125, 250):
        expected = as_the_kit_does(scores, times_ms, median_filter_ms, min_duration_ms)
        found = detection.events_of(scores[order], times_ms[order] / 1000, CLASSES, median_filter_ms, min_duration_ms)
        assert len(expected) > 2
        own = [tuple(parsed(text)) for text in found]
        assert own == sorted((start / 1000, end / 1000, label) for start, end, label in expected)


def test_a_duration_is_the_same_wherever_an_event_begins():
    # In floating point 0.35 - 0.1 is less than 0.25.
    for first in range(40):
        scores = np.zeros((60, 3), np.float32)
        scores[first : first + 6, 1] = 1
        assert len(detection.events_of(scores, 0.05 * np.arange(60), CLASSES, 0, 250)) == 1
        assert not detection.events_of(scores, 0.05 * np.arange(60), CLASSES, 0, 251)


def test_an_event_may_last_to_either_end_and_a_track_may_be_one_frame():
    scores = np.array([[0.9, 0.1, 0.5]] * 10, np.float32)
    assert detection.events_of(scores, np.arange(10.0), CLASSES, 0, 125) == ["0.0\t9.0\tbell"]
    assert detection.events_of(scores[:1], np.zeros(1), CLASSES, 250, 0) == ["0.0\t0.0\tbell"]
    assert detection.events_of(scores[:1], np.zeros(1), CLASSES, 250, 125) == []


# ------------------------------------------------------------------------------------- from embeddings to predictions

GRID = {"choose_by": "event_onset_200ms", "median_filter_ms": [250], "min_duration_ms": [125, 250]}
PARAMETERS = {
    "kind": "mlp",
    "hidden_units": [],
    "output_activation": "sigmoid",
    "weight_decay": 0.0,
    "optimizer": "adam",
    "learning_rate": 1e-2,
    "batch_size": 64,
    "epochs": 25,
    "patience": 25,
    "standardize": True,
    "emb_dim_reduction": "none",
    "pca_components": None,
    "save_criterion": "average_precision",
    "seeds": [0, 1],
    "postprocessing": GRID,
}
IDS = dict(zip(AXES, ("office", "sounds", "single", "clean", "mel", "linear"), strict=True))
N_TRACKS = 40


def events_drawn(generator, n):
    tracks = []
    for _ in range(n):
        onsets = generator.choice(np.arange(0, 9, 1.0), 4, replace=False)
        tracks.append(
            texts([(onset, onset + generator.uniform(0.3, 0.9), generator.choice(CLASSES)) for onset in onsets], 3)
        )
    return tracks


def write_inputs(folder, drop=(), times=True, **arguments):
    """Frames of 4 values every 50 ms that tell the labels in noise, and a split of their tracks."""
    generator = np.random.default_rng(0)
    tracks = events_drawn(generator, N_TRACKS)
    ids = [f"t{i:02}" for i in range(N_TRACKS)]
    frame = pd.DataFrame({"track_id": ids, "group": None, "left_out": None})
    arguments = {"dataset": "office", "task": "sounds", "split": "single", "seed": 0} | arguments
    table, metadata = making.make_split(frame, [], task_type="event_detection", events=tracks, **arguments)
    parquet.write(table, folder / "split.parquet", metadata)
    kept = [i for i in range(N_TRACKS) if ids[i] not in drop]
    times_s = 0.05 * np.arange(200)
    X = np.concatenate([detection.targets(tracks[i], times_s, CLASSES) @ np.eye(3, 4) for i in kept])
    X = (3 * X + generator.normal(size=X.shape)).astype(np.float32)
    columns = {"track_id": np.repeat(np.array(ids)[kept], 200), "time_s": np.tile(times_s, len(kept))}
    columns["time_s"] = pa.array(columns["time_s"]) if times else pa.nulls(len(X), pa.float64())
    parquet.write(pa.table(columns | {"embedding": items.list_column(X)}), folder / "embeddings.parquet", {})
    return folder / "embeddings.parquet", folder / "split.parquet"


def fitted(folder, inputs, **changes):
    outputs = (folder / "model.npz", folder / "history.csv")
    return fitting.fit_probe(*inputs, PARAMETERS | changes, *outputs)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A fitted probe with one test track that has no embedding: its folder, predictions, their metadata, scores."""
    folder = tmp_path_factory.mktemp("detection")
    split = write_inputs(folder)[1]
    missing = parquet.read(split).to_pandas().query("part == 'test'")["track_id"].iloc[0]
    inputs = write_inputs(folder, drop=[missing])
    models = fitted(folder, inputs)
    table, metadata = predicting.predictions(*inputs, folder / "model.npz", IDS, "mlp")
    return folder, models, table, metadata, scores_from_predictions(table, metadata, METRICS, 200, 0), missing


def test_predictions_hold_the_true_and_the_detected_events(run):
    folder, _, table, metadata, _, missing = run
    split = parquet.read(folder / "split.parquet").to_pandas().set_index("track_id")
    found = table.to_pandas()
    assert metadata["not_evaluated"] == {"0": [missing]}
    assert metadata["classes"] == CLASSES
    assert set(found["track_id"]) == set(split.index[split["part"] == "test"]) - {missing}
    assert len(found) == 2 * found["track_id"].nunique()
    for row in found.itertuples():
        assert list(row.events) == list(split.loc[row.track_id, "events"])
        assert list(row.label) == list(split.loc[row.track_id, "label"])
    assert found["predicted"].map(len).sum() > 10


def test_scores_are_those_of_the_predictions_with_intervals_over_tracks(run):
    _, _, table, _, rows, _ = run
    found = table.to_pandas()
    for name in METRICS:
        (mean,) = (row for row in rows if row["metric"] == name and row["seed"] == "mean" and not row["label"])
        by_seed = []
        for _, own in found.groupby("seed"):
            both = (labels.as_objects(list(own[column])) for column in ("events", "predicted"))
            by_seed.append(metrics.metric(name)(*both, CLASSES)[0])
        assert mean["value"] == pytest.approx(np.mean(by_seed))
        assert mean["low"] <= mean["value"] <= mean["high"]
        assert mean["n"] == found["track_id"].nunique()
        each = [row["label"] for row in rows if row["metric"] == name and row["label"]]
        assert each == ([] if name == "segment_error_rate" else CLASSES)
    of_bells = next(row for row in rows if row["label"] == "bell")
    assert of_bells["n"] == sum("bell" in label for label in found[found["seed"] == 0]["label"])


def test_what_is_found_is_much_of_what_there_is(run):
    (mean,) = (
        row["value"] for row in run[4] if row["metric"] == METRICS[0] and row["seed"] == "mean" and not row["label"]
    )
    assert mean > 0.7


def test_the_probe_is_a_multilabel_one_of_frames(run):
    _, models, *_ = run
    facts = models[0].facts
    assert facts["n_train"] == 32 * 200
    assert facts["n_without_embedding"] == 0
    assert all(choice["median_filter_ms"] == 250 for choice in facts["postprocessing"])
    assert mlp.load(run[0] / "model.npz")[0].facts == facts


def test_a_second_run_writes_the_same_bytes(run, tmp_path):
    folder, *_ = run
    inputs = (folder / "embeddings.parquet", folder / "split.parquet")
    fitted(tmp_path, inputs)
    for name in ("model.npz", "history.csv"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()
    assert predicting.predictions(*inputs, tmp_path / "model.npz", IDS, "mlp")[0].equals(run[2])


@pytest.mark.parametrize(("choose_by", "best"), [("event_onset_200ms", max), ("segment_error_rate", min)])
def test_the_choice_is_the_best_on_validation_tracks_for_each_seed(tmp_path, choose_by, best):
    inputs = write_inputs(tmp_path)
    grid = {"choose_by": choose_by, "median_filter_ms": [0, 150, 600], "min_duration_ms": [0, 150, 400]}
    model = fitted(tmp_path, inputs, postprocessing=grid, epochs=10)[0]
    frames = detection.Frames(*inputs)
    tracks = [row["track_id"] for row in parquet.read(inputs[1]).to_pylist() if row["part"] == "validation"]
    truth = labels.as_objects([frames.events[track_id] for track_id in tracks])
    for place, chosen in enumerate(model.facts["postprocessing"]):
        values = {}
        for pair in itertools.product([600, 150, 0], [400, 150, 0]):
            choice = dict(zip(("median_filter_ms", "min_duration_ms"), pair, strict=True))
            scored = [frames.scored(each, model, mlp.predict)[place] for each in tracks]
            found = [frames.detected(*each, CLASSES, choice) for each in zip(tracks, scored, strict=True)]
            values[pair] = metrics.metric(choose_by)(truth, labels.as_objects(found), CLASSES)[0]
        assert len(set(values.values())) > 4
        assert chosen["value"] == best(values.values())
        # Of equally good ones the longest, which come first.
        first = next(pair for pair, value in values.items() if value == chosen["value"])
        assert (chosen["median_filter_ms"], chosen["min_duration_ms"]) == first
        assert chosen["metric"] == choose_by


def test_folds_have_models_choices_and_results_of_their_own(tmp_path):
    inputs = write_inputs(tmp_path, split="all")
    models = fitted(tmp_path, inputs, epochs=3)
    assert sorted(models) == [0, 1, 2, 3, 4]
    table, _ = predicting.predictions(*inputs, tmp_path / "model.npz", IDS, "mlp")
    found = table.to_pandas()
    assert len(found) == 2 * N_TRACKS
    assert (found.groupby("track_id")["fold"].nunique() == 1).all()


def test_frames_without_times_are_refused_with_what_has_them(tmp_path):
    inputs = write_inputs(tmp_path, times=False)
    with pytest.raises(SoundcheckError, match=r"embeddings\.parquet: the frames of track 't00' have no times.*time_s"):
        fitted(tmp_path, inputs)


def test_frames_of_one_time_are_refused(tmp_path):
    embeddings, split = write_inputs(tmp_path)
    table = parquet.read(embeddings)
    same = table.set_column(1, "time_s", pa.array(np.zeros(len(table))))
    parquet.write(same, embeddings, {})
    with pytest.raises(SoundcheckError, match="all frames of track 't00' have the same time"):
        fitted(tmp_path, (embeddings, split))


def test_a_metric_of_ones_own_gets_lists_of_events(run, tmp_path, monkeypatch):
    (tmp_path / "own_counts.py").write_text(
        "import numpy as np\n"
        "def found(y_true, y_score, labels):\n"
        "    return sum(map(len, y_score)) / sum(map(len, y_true))\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    rows = scores_from_predictions(run[2], run[3], ["own_counts.found"], 20, 0)
    own = run[2].to_pandas().query("seed == 0")
    (value,) = (row["value"] for row in rows if row["seed"] == 0)
    assert value == own["predicted"].map(len).sum() / own["events"].map(len).sum()


def test_the_page_of_counts_tells_events_from_tracks(run, tmp_path):
    split = parquet.read(run[0] / "split.parquet").to_pandas()
    tracks = pa.table({"track_id": list(split["track_id"]), "left_out": pa.nulls(len(split), pa.string())})
    facts = {
        "dataset": "office",
        "title": "Office",
        "licence": "CC0",
        "synthetic": True,
        "n_found": 40,
        "n_left_out": 0,
    }
    parquet.write(tracks, tmp_path / "tracks.parquet", facts)
    files = {"tracks": [tmp_path / "tracks.parquet"], "splits": [run[0] / "split.parquet"]}
    shown = read_html(pages.make("counts", files, {}).html)
    assert "Event detection" in shown.text
    in_training = split["events"][split["part"] == "train"]
    bells = sum(text.endswith("\tbell") for events in in_training for text in events)
    assert ["bell", str(bells)] == shown.tables[-1][1][:2]


def test_joined_datasets_harmonise_the_labels_of_events(tmp_path):
    paths = []
    for name, split, change in (("a", "single", str), ("b", "everything", str.upper)):
        events = [["0.0\t1.0\t" + change("bell"), f"2.0\t3.0\t{change('dog')}"] for _ in range(20)]
        if name == "b":
            events[4].append("5.0\t6.0\thiss")
        frame = pd.DataFrame({"track_id": [f"{i:02}" for i in range(20)], "group": None, "left_out": None})
        table, metadata = making.make_split(
            frame, [], dataset=name, task="sounds", task_type="event_detection", split=split, seed=0, events=events
        )
        paths.append(tmp_path / f"{name}.parquet")
        parquet.write(table, paths[-1], metadata)
    table, metadata = joining.join_splits(*paths, ["a", "b"], "a-to-b")
    rows = table.to_pandas().set_index("track_id")
    assert list(rows.loc["b/04", "events"]) == ["0.0\t1.0\tbell", "2.0\t3.0\tdog"]
    assert list(rows.loc["b/04", "label"]) == ["bell", "dog"]
    assert metadata["left_out_labels"] == {"hiss": "label 'hiss' of b is none of a"}
    assert set(rows["part"]) == {"train", "validation", "test", "left_out"}
