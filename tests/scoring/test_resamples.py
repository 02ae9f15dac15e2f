"""The resamples behind intervals: which tracks they are drawn among, and what is computed on them."""

import numpy as np
import pyarrow as pa
import pytest
from event_lists import random_events

from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.scoring import metrics
from soundcheck.scoring.bootstrap import percentile_interval, resample_counts
from soundcheck.scoring.scores import scores_from_predictions
from soundcheck.seeds import seed_for

ABOUT = {
    "dataset": "music",
    "task": "instrument",
    "split": "single",
    "deformation": "clean",
    "embedder": "mfcc",
    "probe": "M1",
    "task_type": "multiclass",
    "classes": ["a", "b", "c"],
}
N = 40
IDS = [f"t{i:02}" for i in range(N)]


def predictions(seeds=(0, 1), kept=IDS):
    """A table of predictions of one fold: (id, seed, label, scores); the same for a track whoever else is there."""
    rows = []
    for seed in seeds:
        generator = np.random.default_rng(seed)
        scores = dict(zip(IDS, generator.random((N, 3)).astype(np.float32).tolist(), strict=True))
        rows += [
            {"track_id": each, "fold": 0, "seed": seed, "label": ["abc"[int(each[1:]) % 3]], "score": scores[each]}
            for each in kept
        ]
    schema = pa.schema(
        [("track_id", pa.string()), ("fold", pa.int32()), ("seed", pa.int32()), ("label", pa.list_(pa.string())),
         ("score", pa.list_(pa.float32(), 3))]
    )  # fmt: skip
    return pa.Table.from_pylist(rows, schema)


def of_all(rows, label=None):
    (row,) = (row for row in rows if row["fold"] == "mean" and row["label"] == label)
    return row


def test_an_embedder_that_lacks_tracks_shares_the_resamples_of_the_others():
    missing = [IDS[3], IDS[17]]
    kept = [each for each in IDS if each not in missing]
    table = predictions(kept=kept)
    rows = scores_from_predictions(table, ABOUT | {"not_evaluated": {"0": missing}}, ["accuracy"], 60, 5)
    counts = resample_counts(N, 60, seed_for(5, "music", "instrument", "single", 0))
    counts = counts[:, [IDS.index(each) for each in kept]]
    truth = np.array(["abc".index(label[0]) for label in table["label"].to_pylist()])
    correct = (np.array(table["score"].to_pylist()).argmax(axis=1) == truth).reshape(2, len(kept))
    low, high = percentile_interval((counts @ correct.T / counts.sum(axis=1)[:, None]).mean(axis=1))
    assert (of_all(rows)["low"], of_all(rows)["high"]) == (pytest.approx(low), pytest.approx(high))
    assert of_all(rows)["n"] == N - 2


def test_the_deviation_over_two_seeds_is_that_of_their_values():
    rows = scores_from_predictions(predictions(), ABOUT, ["accuracy"], 10, 0)
    values = [row["value"] for row in rows if row["fold"] == 0]
    assert of_all(rows)["value"] == pytest.approx(np.mean(values))
    assert of_all(rows)["seed_std"] == pytest.approx(abs(values[0] - values[1]) / 2**0.5)
    assert values[0] != values[1]


def test_confusions_are_means_over_seeds_of_which_those_that_are_not_zero_have_rows():
    table = predictions(kept=IDS[:3])
    scores = [[1, 0, 0], [0, 1, 0], [0, 1, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0]]
    column = pa.array(scores, table.schema.field("score").type)
    table = table.set_column(table.schema.get_field_index("score"), "score", column)
    rows = scores_from_predictions(table, ABOUT, ["confusion"], 10, 0)
    found = {(row["label"], row["predicted"]): (row["value"], row["n"]) for row in rows}
    assert found == {("a", "a"): (1, 1), ("b", "b"): (0.5, 1), ("b", "a"): (0.5, 1), ("c", "b"): (1, 1)}


@pytest.mark.parametrize("seeds", [(0, 1), (0, 1, 2)])
def test_seeds_that_were_tested_on_other_tracks_are_refused(seeds):
    *first, last = seeds
    torn = pa.concat_tables([predictions(first), predictions([last], [*IDS[1:], IDS[0]])])
    with pytest.raises(SoundcheckError, match="fold 0: the seeds were not tested on the same tracks"):
        scores_from_predictions(torn, ABOUT, ["accuracy"], 10, 0)


@pytest.mark.parametrize("name", ["event_onset_200ms", "segment_error_rate"])
def test_values_and_intervals_of_events_are_those_of_the_tracks_and_of_their_resamples(name):
    truth, found = random_events(N, decimals=1)
    table = pa.table(
        {
            "track_id": IDS,
            "fold": pa.array([0] * N, pa.int32()),
            "seed": pa.array([0] * N, pa.int32()),
            "label": pa.array([[]] * N, pa.list_(pa.string())),
            "events": list(truth),
            "predicted": list(found),
        }
    )
    rows = scores_from_predictions(table, ABOUT | {"task_type": "event_detection"}, [name], 30, 0)
    counts = resample_counts(N, 30, seed_for(0, "music", "instrument", "single", 0))
    metric = metrics.metric(name)
    value, each = metric(truth, found, "abc")
    values, each_resampled = metric(truth, found, "abc", counts)
    expected = {None: (value, *percentile_interval(values))}
    if each is not None:
        expected |= {"abc"[i]: (each[i], *percentile_interval(each_resampled[:, i])) for i in range(3)}
    assert {row["label"] for row in rows if row["fold"] == "mean"} == set(expected)
    for label, numbers in expected.items():
        row = of_all(rows, label)
        assert (row["value"], row["low"], row["high"]) == pytest.approx(numbers, abs=1e-12)
