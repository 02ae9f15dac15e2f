"""The report's pages: complete counts, every left-out item with its reason, measured conditions, self-contained."""

import csv
import io
import statistics

import numpy
import pytest
import yaml
from example_tables import BROKEN, CLASSES, SILENT, TRACKS, UNLABELLED, write_audio, write_split, write_tracks
from markup import read_html

from soundcheck import parquet
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
    return [(cell, write_audio(tmp_path / f"{i}.csv", cell)) for i, cell in enumerate(cells)]


def test_the_configuration_can_be_read_back_and_the_users_file_is_shown_as_written():
    config = {"experiments": [{"task": "a <b> & c", "probes": ["M1"], "seeds": [0, 1]}]}
    page = read_html(pages.configuration(config, {"mine.yaml": "task: x  # <mine>\n"}))
    shown = page.text.split("repeats this run.")[1].split("mine.yaml")[0]
    assert yaml.safe_load(shown) == config
    assert "task: x  # <mine>" in page.text


def test_versions_are_those_of_the_running_packages():
    made = {"embedder": "crepe-tiny", "versions": {"torch": "9.9"}, "processor": "VIA", "kernels": {"torch": "AVX2"}}
    page = read_html(pages.versions("abc1234", [made]))
    assert ["numpy", numpy.__version__] in page.tables[0]
    assert "commit abc1234" in page.text
    assert ["crepe-tiny", "torch 9.9", "VIA", "torch AVX2"] in page.tables[-1]


def test_counts_add_up_to_what_was_found(tracks, splits):
    page, rows = pages.counts(tracks, splits, {"M1": [0, 1, 2]})
    read = read_html(page)
    assert ["bells", "Bells", "synthetic", "30", "1", "29", "CC0"] in read.tables[0]
    assert read.tables[1][1] == ["0", "16", "6", "6", "1"]
    assert "no tower is in two parts" in read.text
    assert "M10, 1, 2" in read.text
    everything = {row.part: row.n for row in rows if not row.label}
    assert everything == {"train": 16, "validation": 6, "test": 6, "left_out": 1}
    assert sum(everything.values()) == len(TRACKS) - len(BROKEN)
    for part in ("train", "validation", "test"):
        assert sum(row.n for row in rows if row.label and row.part == part) == everything[part]
    assert [row[0] for row in read.tables[2][1:]] == CLASSES


def test_counts_say_which_spellings_were_taken_for_one_class(tracks, tmp_path):
    path = write_split(tmp_path / "split.parquet")
    assert "commonest spelling" not in pages.counts(tracks, [path])[0]
    parquet.write(parquet.read(path), path, parquet.metadata(path) | {"spellings": {"VIOLIN": "Violin"}})
    assert "in its commonest spelling: 'VIOLIN' is 'Violin'." in read_html(pages.counts(tracks, [path])[0]).text


def test_counts_show_every_fold(tracks, tmp_path):
    page, rows = pages.counts(tracks, [write_split(tmp_path / "folds.parquet", folds=3)])
    assert [row[0] for row in read_html(page).tables[1][1:]] == ["0", "1", "2"]
    assert {row.fold for row in rows} == {0, 1, 2}


def test_left_out_lists_every_item_with_stage_and_reason(tracks, splits, audio):
    pruned = [{"dataset": "bells", "task": "key_estimation", "embedder": "x", "probe": "M1", "reason": "no keys"}]
    page, rows = pages.left_out(tracks, splits, audio, pruned)
    found = {(row.where, row.item, row.reason) for row in rows}
    assert found == {
        *(("index", *pair) for pair in BROKEN.items()),
        *(("split", *pair) for pair in UNLABELLED.items()),
        *(("audio", *pair) for pair in SILENT.items()),
        ("label", "gong", "has one item; a class needs at least three"),
        ("cell", "M1", "no keys"),
    }
    assert len([row for row in rows if row.where == "audio"]) == len(audio)
    text = read_html(page).text
    for _, item, reason in found:
        assert item in text
        assert reason in text


def test_an_item_left_out_of_many_cells_is_counted_once_in_the_summary(tracks, splits, audio):
    page, _ = pages.left_out(tracks, splits, audio)
    summary = [table for table in read_html(page).tables if table[0][:2] == ["Dataset", "Reason"]][-1]
    assert summary[1] == ["bells", SILENT["bells/11"], "1", "6 pairs of condition and embedder"]


def test_an_item_left_out_in_several_folds_is_listed_once(tracks, tmp_path):
    _, rows = pages.left_out([], [write_split(tmp_path / "folds.parquet", folds=3)], [])
    assert [row.item for row in rows if row.where == "split"] == list(UNLABELLED)


def test_nothing_left_out_is_said_in_so_many_words():
    page, rows = pages.left_out([], [], [])
    assert rows == []
    assert "Nothing was left out" in read_html(page).text


def test_left_out_csv_has_a_row_an_item_and_a_header_without_any(tracks, splits, audio):
    _, rows = pages.left_out(tracks, splits, audio)
    read = list(csv.DictReader(io.StringIO(pages.rows_to_csv(rows, pages.LeftOut))))
    assert [(row["item"], row["reason"]) for row in read] == [(row.item, row.reason) for row in rows]
    assert pages.rows_to_csv([], pages.LeftOut).startswith("where,dataset,task")


def test_audio_conditions_show_the_measured_median_range_and_number(audio):
    table = read_html(pages.audio_conditions(audio)).tables[0]
    rows = {row[-6]: row[-5:] for row in table[1:]}
    assert list(rows) == CONDITIONS
    kept = [15 + 0.1 * (i - 14) for i, t in enumerate(t for t in TRACKS if t not in BROKEN) if t not in SILENT]
    assert rows["AddGaussianSNR-15dB"][0] == f"{statistics.median(kept):.1f} {min(kept):.1f} to {max(kept):.1f}"
    assert rows["AddGaussianSNR-15dB"][2] == f"{100 * 2 * 0.0004 / 28:.3f} % in 2 tracks"
    assert rows["clean"] == ["∞", "0.0", "0 %", "28", "crepe-tiny"]
    assert rows["Gain--12dB"][1] == "−12.0"


def test_a_condition_is_measured_with_the_embedder_that_kept_most_tracks(tmp_path):
    cells = [{"dataset": "bells", "deformation": "clean", "embedder": name} for name in ("a-fails-often", "b-works")]
    audio = [
        (cells[0], write_audio(tmp_path / "a.csv", cells[0], left_out=dict.fromkeys(TRACKS[:9], "too short"))),
        (cells[1], write_audio(tmp_path / "b.csv", cells[1])),
    ]
    assert read_html(pages.audio_conditions(audio)).tables[0][1][-2:] == ["28", "b-works"]


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
    page = read_html(pages.embedders(catalogue, {"bells": ["bells"], "ours": ["ours", "whistles"]}))
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
