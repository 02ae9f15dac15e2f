"""Recordings that cannot be used are listed and counted; odd ones are used; no number stands on nothing."""

import json
from types import SimpleNamespace

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile
from running import RATE, folder, read_rows, snakemake, sound, table, write_config, write_rows, write_sounds

UNREADABLE = {
    "corrupt": "not readable as audio",
    "no-bytes": "empty file (0 bytes)",
    "no-frames": "empty (0 frames)",
    "missing": "missing file",
}
UNUSABLE = {"silent": "silent", "nan": "not finite"}
ODD = ("short", "eight-channels", "fast", "cut")
# The encoder refuses less than 100 ms.
NO_MP3 = {"short"}


def write_bad(directory):
    (directory / "corrupt.wav").write_bytes(b"RIFF, and then no audio" * 100)
    (directory / "no-bytes.wav").write_bytes(b"")
    soundfile.write(directory / "no-frames.wav", np.zeros(0, np.float32), RATE)
    soundfile.write(directory / "silent.wav", np.zeros(4800, np.float32), RATE)
    nan = sound("low", 50)
    nan[2000] = np.nan
    soundfile.write(directory / "nan.wav", nan, RATE, subtype="FLOAT")
    soundfile.write(directory / "short.wav", sound("low", 51, n_samples=320), RATE)
    eight = np.stack([sound("high", number) for number in range(8)], axis=1)
    soundfile.write(directory / "eight-channels.wav", eight, RATE)
    soundfile.write(directory / "cut.wav", sound("low", 53, n_samples=4800), RATE)
    whole = (directory / "cut.wav").read_bytes()
    (directory / "cut.wav").write_bytes(whole[: 44 + (len(whole) - 44) // 2])
    soundfile.write(directory / "fast.wav", sound("low", 52, n_samples=57_600, rate=192_000), 192_000)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    directory = tmp_path_factory.mktemp("bad-audio")
    good = write_sounds(directory / "audio", n_each=10)
    write_bad(directory / "audio")
    parts = ["train", "train", "train", "train", "train", "validation", "validation", "test", "test", "test"]
    rows = [(path, path.split("/")[0], parts[i % 10]) for i, path in enumerate(good)]
    rows += [(f"{name}.wav", "low", "test") for name in (*UNREADABLE, *UNUSABLE, *ODD)]
    # In training, too, bad recordings must not stop or change anything silently.
    soundfile.write(directory / "audio" / "silent-in-train.wav", np.zeros(4800, np.float32), RATE)
    rows.append(("silent-in-train.wav", "low", "train"))
    write_rows(directory / "tracks.csv", ("path", "label", "split"), rows)
    only_clean = [
        {"deformation": name, "embedder": "handcrafted-chroma", "reason": "for the speed of this test"}
        for name in ("D1", "D3")
    ]
    write_config(
        directory,
        {
            "datasets": [folder(csv="tracks.csv", split_type="single")],
            "deformations": ["D1", "D3"],
            "embedders": ["handcrafted-mfcc", "handcrafted-chroma"],
            "exclude": only_clean,
        },
    )
    done = snakemake(directory)
    return SimpleNamespace(**vars(done), results=directory / "results", n_rows=len(rows), n_good=len(good))


def test_the_run_ends_well(run):
    assert run.status == 0, run.output
    assert (run.results / "report.html").is_file()


def test_each_unusable_recording_is_listed_with_its_reason_and_counted(run):
    listed = read_rows(run.results / "pages" / "left_out.csv")
    found = {row["item"]: row["reason"] for row in listed if row["where"] == "index"}
    assert found.keys() == UNREADABLE.keys()
    assert all(reason in found[name] for name, reason in UNREADABLE.items())
    for name, reason in (UNUSABLE | {"silent-in-train": "silent"}).items():
        rows = [row for row in listed if row["where"] == "audio" and row["item"] == name]
        assert all(reason in row["reason"] for row in rows)
        # A training item is embedded clean alone.
        assert len(rows) == (2 if name == "silent-in-train" else 4)
    assert str(run.results.parent) not in (run.results / "pages" / "left_out.csv").read_text()
    tracks = pq.read_schema(run.results / "tracks" / "mine.parquet").metadata[b"soundcheck"]
    assert json.loads(tracks)["n_found"] == run.n_rows
    assert json.loads(tracks)["n_left_out"] == len(UNREADABLE)


def test_combinations_that_the_config_excludes_are_listed_with_their_reason(run):
    rows = [row for row in read_rows(run.results / "pages" / "left_out.csv") if row["where"] == "cell"]
    assert {(row["deformation"], row["reason"]) for row in rows} == {
        (name, "for the speed of this test") for name in ("D1", "D3")
    }


def test_odd_recordings_are_embedded_or_listed_with_what_the_condition_cannot_do(run):
    for path in (run.results / "embeddings").rglob("*.parquet"):
        expected = set(ODD) - (NO_MP3 if path.parent.name == "D3" else set())
        assert set(ODD) & set(table(path)["track_id"]) == expected, path
    listed = read_rows(run.results / "pages" / "left_out.csv")
    reasons = {row["item"]: row["reason"] for row in listed if row["deformation"] == "D3" and row["item"] in ODD}
    assert reasons.keys() == NO_MP3
    assert "too short" in reasons["short"]


def test_a_file_that_ends_early_is_used_and_said_to_do_so(run):
    page = (run.results / "pages" / "audio_conditions.html").read_text()
    assert "Used, but not whole: 1 track" in page
    assert "ends before its header says: 0.15 of 0.30 s" in page


def test_no_number_is_nan(run):
    embeddings = list((run.results / "embeddings").rglob("*.parquet"))
    predictions = list((run.results / "predictions").rglob("*.parquet"))
    assert (len(embeddings), len(predictions)) == (4, 4)
    for path, column in [(path, "embedding") for path in embeddings] + [(path, "score") for path in predictions]:
        assert np.isfinite(np.stack(table(path)[column])).all(), path
    for path in (run.results / "scores").rglob("*.csv"):
        for row in read_rows(path):
            assert np.isfinite(float(row["value"])), row


def test_evaluated_and_left_out_items_are_all_items_of_the_split(run):
    split = table(run.results / "splits" / "mine" / "sound" / "single.parquet")
    test_items = set(split["track_id"][split["part"] == "test"])
    assert len(test_items) == 9 + len(UNUSABLE) + len(ODD)
    for path in (run.results / "predictions").rglob("*.parquet"):
        evaluated = set(table(path)["track_id"])
        metadata = json.loads(pq.read_schema(path).metadata[b"soundcheck"])
        left_out = set(UNUSABLE) | (NO_MP3 if metadata["deformation"] == "D3" else set())
        assert metadata["not_evaluated"] == {"0": sorted(left_out)}
        assert evaluated | left_out == test_items
        assert not evaluated & left_out
        scores = path.with_suffix(".csv").relative_to(run.results / "predictions")
        rows = read_rows(run.results / "scores" / scores)
        n = {int(row["n"]) for row in rows if row["metric"] == "accuracy" and not row["label"]}
        assert n == {len(evaluated)}


def test_the_audio_tables_have_each_track_once_embedded_or_with_a_reason(run):
    for path in (run.results / "audio").rglob("*.csv"):
        rows = read_rows(path)
        assert len({row["track_id"] for row in rows}) == len(rows)
        embeddings = run.results / "embeddings" / path.relative_to(run.results / "audio").with_suffix(".parquet")
        assert {row["track_id"] for row in rows if not row["left_out"]} == set(table(embeddings)["track_id"])
