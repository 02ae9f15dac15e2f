"""The report's pages: complete counts, every left-out item with its reason, measured conditions, self-contained."""

import csv
import io
import statistics

import numpy
import pyarrow as pa
import pytest
import yaml
from example_tables import BROKEN, CITATION, CLASSES, SILENT, TRACKS, UNLABELLED, write_audio, write_split, write_tracks
from markup import read_html

from soundcheck import parquet
from soundcheck.plumbing.provenance import commit
from soundcheck.presenting import pages

CONDITIONS = ["clean", "AddGaussianSNR-15dB", "Gain--12dB"]


@pytest.fixture
def tracks(tmp_path):
    return [write_tracks(tmp_path / "tracks.parquet")]


@pytest.fixture
def splits(tmp_path):
    return [write_split(tmp_path / "split.parquet")]


@pytest.fixture
def audio(tmp_path):
    cells = [
        {"dataset": "bells", "deformation": deformation, "embedder": embedder}
        for deformation in CONDITIONS
        for embedder in ("crepe-tiny", "handcrafted-mfcc")
    ]
    return cells, [write_audio(tmp_path / f"{i}.csv", cell) for i, cell in enumerate(cells)]


def rows_of(page):
    return list(csv.DictReader(io.StringIO(page.csv)))


def left_out(tracks, splits, audio=((), ()), **params):
    cells, paths = audio
    files = {"tracks": tracks, "splits": splits, "audio": paths}
    return pages.make("left_out", files, {"cells": cells, **params})


def test_the_configuration_can_be_read_back_and_the_users_file_is_shown_as_written(tmp_path):
    config = {"experiments": [{"task": "a <b> & c", "probes": ["M1"], "seeds": [0, 1]}]}
    (tmp_path / "mine.yaml").write_text("task: x  # <mine>\n")
    page = read_html(pages.make("configuration", {"configfiles": [tmp_path / "mine.yaml"]}, {"config": config}).html)
    shown = page.text.split("repeats this run.")[1].split("mine.yaml")[0]
    assert yaml.safe_load(shown) == config
    assert "task: x  # <mine>" in page.text


def test_versions_are_those_of_the_running_packages(tmp_path):
    metadata = {"embedder": "crepe-tiny", "versions": {"torch": "9.9"}, "kernels": {"torch": "AVX2"}}
    parquet.write(pa.table({"track_id": ["a"]}), tmp_path / "vectors.parquet", metadata)
    page = read_html(pages.make("versions", {"embeddings": [tmp_path / "vectors.parquet"]}, {}).html)
    assert ["numpy", numpy.__version__] in page.tables[0]
    assert commit() in page.text
    assert ["crepe-tiny", "torch 9.9", "missing:–", "torch AVX2", "1"] in page.tables[-1]
    assert "mixture" not in page.text


def test_embeddings_that_were_made_with_several_versions_are_shown_as_a_mixture(tmp_path):
    paths = [tmp_path / f"{number}.parquet" for number in range(3)]
    for path, version in zip(paths, ("9.9", "9.9", "10.0"), strict=True):
        parquet.write(pa.table({"track_id": ["a"]}), path, {"embedder": "crepe-tiny", "versions": {"torch": version}})
    page = read_html(pages.make("versions", {"embeddings": paths}, {}).html)
    assert "A mixture: crepe-tiny made embeddings in more than one way." in page.text
    assert [row[1::3] for row in page.tables[-1][1:]] == [["torch 10.0", "1"], ["torch 9.9", "2"]]


def test_counts_add_up_to_what_was_found(tracks, splits):
    page = pages.make("counts", {"tracks": tracks, "splits": splits}, {"seeds": {"M1": [0, 1, 2]}})
    read, rows = read_html(page.html), rows_of(page)
    assert ["bells", "Bells", "synthetic", "30", "1", "29", "CC0"] in read.tables[0]
    assert read.tables[1][1] == ["0", "16", "6", "6", "1"]
    assert "no tower is in two parts" in read.text
    assert f"How to cite Bells\n{CITATION}\n" in read.text
    assert "M10, 1, 2" in read.text
    everything = {row["part"]: int(row["n"]) for row in rows if not row["label"]}
    assert everything == {"train": 16, "validation": 6, "test": 6, "left_out": 1}
    assert sum(everything.values()) == len(TRACKS) - len(BROKEN)
    for part in ("train", "validation", "test"):
        labelled = [int(row["n"]) for row in rows if row["label"] and row["part"] == part]
        assert sum(labelled) == everything[part]
    assert [row[0] for row in read.tables[2][1:]] == CLASSES


def test_counts_say_which_spellings_were_taken_for_one_class(tracks, tmp_path):
    path = write_split(tmp_path / "split.parquet")
    files = {"tracks": tracks, "splits": [path]}
    assert "commonest spelling" not in pages.make("counts", files, {}).html
    parquet.write(parquet.read(path), path, parquet.metadata(path) | {"spellings": {"VIOLIN": "Violin"}})
    shown = read_html(pages.make("counts", files, {}).html).text
    assert "in its commonest spelling: 'VIOLIN' is 'Violin'." in shown


def test_counts_note_what_looks_like_parts_and_is_not_used(tracks, tmp_path):
    path = write_split(tmp_path / "split.parquet")
    hint = "the column 'set' holds test, train, and is not used"
    parquet.write(parquet.read(path), path, parquet.metadata(path) | {"hints": [hint]})
    shown = read_html(pages.make("counts", {"tracks": tracks, "splits": [path]}, {}).html).text
    assert f"Parts were drawn, but {hint}." in shown


def test_counts_show_every_fold(tracks, tmp_path):
    page = pages.make("counts", {"tracks": tracks, "splits": [write_split(tmp_path / "folds.parquet", folds=3)]}, {})
    assert [row[0] for row in read_html(page.html).tables[1][1:]] == ["0", "1", "2"]
    assert {row["fold"] for row in rows_of(page)} == {"0", "1", "2"}


def test_left_out_lists_every_item_with_stage_and_reason(tracks, splits, audio):
    pruned = [{"dataset": "bells", "task": "key_estimation", "embedder": "x", "probe": "M1", "reason": "no keys"}]
    page = left_out(tracks, splits, audio, pruned=pruned)
    rows = rows_of(page)
    found = {(row["where"], row["item"], row["reason"]) for row in rows}
    assert found == {
        *(("index", *pair) for pair in BROKEN.items()),
        *(("split", *pair) for pair in UNLABELLED.items()),
        *(("audio", *pair) for pair in SILENT.items()),
        ("label", "gong", "has one item; a class needs at least three"),
        ("cell", "M1", "no keys"),
    }
    assert len([row for row in rows if row["where"] == "audio"]) == len(audio[1])
    text = read_html(page.html).text
    for _, item, reason in found:
        assert item in text
        assert reason in text


def test_an_item_left_out_of_many_cells_is_counted_once_in_the_summary(tracks, splits, audio):
    page = left_out(tracks, splits, audio)
    summary = [table for table in read_html(page.html).tables if table[0][:2] == ["Dataset", "Reason"]][-1]
    assert summary[1] == ["bells", SILENT["bells/11"], "1", "6 pairs of condition and embedder"]


def test_tracks_that_are_not_in_a_sample_are_counted_and_not_listed_one_by_one(tracks, tmp_path):
    path = write_split(tmp_path / "split.parquet")
    reason = "not in the sample of 3 tracks of each class"
    rows = parquet.read(path).to_pylist()
    out = [row | {"part": "left_out", "reason": reason} if row["part"] == "train" else row for row in rows]
    table = pa.Table.from_pylist(out, parquet.read(path).schema)
    parquet.write(table, path, parquet.metadata(path) | {"not_drawn": reason})
    page = left_out(tracks, [path])
    # All are in the CSV, and in the summary as one line.
    assert len([row for row in rows_of(page) if row["reason"] == reason]) == 16
    shown = read_html(page.html)
    assert [row for table in shown.tables for row in table if reason in row] == [
        ["bells", reason, "16", "instrument classification"]
    ]
    assert "16 tracks not in a sample" in shown.text


def test_an_item_left_out_in_several_folds_is_listed_once(tracks, tmp_path):
    rows = rows_of(left_out([], [write_split(tmp_path / "folds.parquet", folds=3)]))
    assert [row["item"] for row in rows if row["where"] == "split"] == list(UNLABELLED)


def test_nothing_left_out_is_said_in_so_many_words():
    page = left_out([], [])
    assert page.csv == "where,dataset,task,split,deformation,embedder,item,reason\n"
    assert "Nothing was left out" in read_html(page.html).text


def conditions(cells, paths):
    return pages.make("audio_conditions", {"audio": paths}, {"cells": cells}).html


def test_audio_conditions_show_the_measured_median_range_and_number(audio):
    table = read_html(conditions(*audio)).tables[0]
    rows = {row[-8]: row[-7:] for row in table[1:]}
    assert list(rows) == CONDITIONS
    kept = [15 + 0.1 * (i - 14) for i, t in enumerate(t for t in TRACKS if t not in BROKEN) if t not in SILENT]
    assert rows["AddGaussianSNR-15dB"][0] == f"{statistics.median(kept):.1f} {min(kept):.1f} to {max(kept):.1f}"
    assert rows["AddGaussianSNR-15dB"][4] == f"{100 * 2 * 0.0004 / 28:.3f} % in 2 tracks"
    assert rows["clean"] == ["∞", "0.0", "+0.2", "3.2", "0 %", "28", "crepe-tiny"]
    assert rows["Gain--12dB"][1:3] == ["−12.0", "−12.0"]


def test_a_condition_that_adds_nothing_has_a_level_and_a_spectrum_and_neither_noise_nor_gain(tmp_path):
    cells = [{"dataset": "bells", "deformation": "PitchShift-2st", "embedder": "crepe-tiny"}]
    page = read_html(conditions(cells, [write_audio(tmp_path / "a.csv", cells[0])]))
    assert page.tables[0][1][2:6] == ["–", "–", "+0.2", "3.2"]


def test_tracks_of_which_something_is_missing_are_counted_once(audio):
    page = read_html(conditions(*audio))
    assert "Used, but not whole: 1 track" in page.text
    assert page.tables[1][1:] == [
        [[track for track in TRACKS if track not in BROKEN][3], "bells", "ends before its header says: 1.50 of 3.00 s"]
    ]


def test_a_condition_is_measured_with_the_embedder_that_kept_most_tracks(tmp_path):
    cells = [{"dataset": "bells", "deformation": "clean", "embedder": name} for name in ("a-fails-often", "b-works")]
    paths = [
        write_audio(tmp_path / "a.csv", cells[0], left_out=dict.fromkeys(TRACKS[:9], "too short")),
        write_audio(tmp_path / "b.csv", cells[1]),
    ]
    assert read_html(conditions(cells, paths)).tables[0][1][-2:] == ["28", "b-works"]


def test_an_embedder_that_has_seen_an_evaluated_dataset_is_marked():
    catalogue = [
        {
            "id": "clean-one",
            "dimension": 256,
            "sample_rate": 16000,
            "licence_weights": "MIT",
            "pretrained_on": ["elsewhere"],
        },
        {"id": "seen-it", "dimension": 512, "pretrained_on": ["Bells", "elsewhere"]},
        {"id": "silent-one"},
        {"id": "untrained", "pretrained_on": []},
        {"id": "by-another-name", "pretrained_on": ["Whistles"]},
    ]
    datasets = {"bells": ["bells"], "ours": ["ours", "whistles"]}
    page = read_html(pages.make("embedder_catalogue", {}, {"catalogue": catalogue, "datasets": datasets}).html)
    rows = {row[0]: dict(zip(page.tables[0][0], row, strict=True)) for row in page.tables[0][1:]}
    seen = {name: row["Has seen"].removeprefix("missing:") for name, row in rows.items()}
    assert seen == {
        "clean-one": "–",
        "seen-it": "bells",
        "silent-one": "–",
        "untrained": "–",
        "by-another-name": "ours",
    }
    assert rows["silent-one"]["Pretrained on"] == "unknown"
    assert rows["untrained"]["Pretrained on"] == "nothing"
    assert rows["clean-one"]["Dimension"] == "256"
    assert "Read with care: seen-it and by-another-name." in page.text
