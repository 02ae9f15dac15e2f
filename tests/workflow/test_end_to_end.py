"""The main job, whole: from one YAML file to tables, figures and the report, offline, on synthetic audio."""

import re
import shutil

import numpy as np
import pytest
import soundfile
from running import REPOSITORY, read_rows, snakemake, table

from soundcheck import parquet

TASKS = ("instrument_classification", "pitch_class_classification", "key_estimation", "autotagging")
PRESETS = ("all_deform_all_models", "deformations", "probes", "embedders", "per_class")
EVALUATION = "synthetic/{task}/60-20-20"


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    directory = tmp_path_factory.mktemp("synthetic")
    shutil.copy(REPOSITORY / "tests" / "config" / "synthetic.yaml", directory / "config.yaml")
    run = snakemake(directory)
    assert run.status == 0, run.output
    return directory


@pytest.fixture(scope="module")
def results(finished):
    frame = table(finished / "results" / "results.parquet")
    return frame[(frame["seed"] == "mean") & (frame["label"].isna() | (frame["label"] == ""))]


def value(results, task, embedder, deformation, metric="accuracy"):
    (row,) = results[
        (results["task"] == task)
        & (results["embedder"] == embedder)
        & (results["deformation"] == deformation)
        & (results["metric"] == metric)
    ].to_dict("records")
    assert row["low"] <= row["value"] <= row["high"]
    return row["value"]


def test_a_pitch_tracker_tells_pitch_also_in_noise(results):
    assert value(results, "pitch_class_classification", "crepe-tiny", "clean") > 0.95
    assert value(results, "pitch_class_classification", "crepe-tiny", "D2") > 0.85


def test_mfccs_tell_timbre_not_pitch_and_neither_in_noise(results):
    assert value(results, "instrument_classification", "handcrafted-mfcc", "clean") > 0.5
    assert value(results, "pitch_class_classification", "handcrafted-mfcc", "clean") < 0.6
    assert value(results, "instrument_classification", "handcrafted-mfcc", "D2") < 0.35
    assert value(results, "pitch_class_classification", "handcrafted-mfcc", "D2") < 0.3


def test_every_task_has_its_metrics(results):
    found = {task: set(results[results["task"] == task]["metric"]) - {"confusion"} for task in TASKS}
    classes = {"accuracy", "f1_micro", "f1_macro"}
    assert found["instrument_classification"] == found["pitch_class_classification"] == classes
    assert found["key_estimation"] == classes | {"key_score", "key_score_macro"}
    assert found["autotagging"] == {"roc_auc", "average_precision"}


@pytest.mark.parametrize("task", TASKS)
def test_tested_items_are_those_of_the_split_and_scores_can_be_recomputed(finished, results, task):
    evaluation = EVALUATION.format(task=task)
    split = table(finished / "results" / "splits" / f"{evaluation}.parquet")
    tested = set(split[split["part"] == "test"]["track_id"])
    path = finished / "results" / "predictions" / evaluation / "D2" / "crepe-tiny" / "M2.parquet"
    predictions = table(path)
    assert predictions["seed"].nunique() == 2
    assert set(predictions["track_id"]) == tested
    assert (results[results["task"] == task]["n"] == len(tested)).all()
    if task != "autotagging":
        classes = np.array(parquet.metadata(path)["classes"])
        chosen = classes[np.stack(predictions["score"]).argmax(axis=1)]
        right = chosen == np.array([label[0] for label in predictions["label"]])
        assert right.mean() == pytest.approx(value(results, task, "crepe-tiny", "D2"))


def test_parts_share_no_track_and_no_group(finished):
    for task in TASKS:
        split = table(finished / "results" / "splits" / f"{EVALUATION.format(task=task)}.parquet")
        used = split[split["part"] != "left_out"]
        assert used["track_id"].is_unique
        assert (used.dropna(subset="group").groupby("group")["part"].nunique() == 1).all()


def test_deformed_audio_is_embedded_for_tested_tracks_alone(finished):
    tested = set()
    for task in TASKS:
        split = table(finished / "results" / "splits" / f"{EVALUATION.format(task=task)}.parquet")
        tested |= set(split[split["part"] == "test"]["track_id"])
    embedded = table(finished / "results" / "embeddings" / "synthetic" / "D2" / "crepe-tiny.parquet")
    assert set(embedded["track_id"]) == tested
    assert len(table(finished / "results" / "embeddings" / "synthetic" / "clean" / "crepe-tiny.parquet")) > len(tested)


def test_measured_noise_is_kept_beside_the_embeddings(finished):
    rows = read_rows(finished / "results" / "audio" / "synthetic" / "D2" / "handcrafted-mfcc.csv")
    assert np.median([float(row["snr_db"]) for row in rows]) == pytest.approx(0, abs=0.3)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("preset", PRESETS)
def test_every_table_is_there_in_every_format_and_says_that_the_audio_is_synthetic(finished, task, preset):
    for suffix in ("csv", "md", "tex", "html", "txt"):
        path = finished / "results" / "tables" / EVALUATION.format(task=task) / f"{preset}.{suffix}"
        text = path.read_text(encoding="utf-8")
        assert "crepe-tiny" in text.replace("\\", "")
        assert suffix == "csv" or "synthetic" in text.lower()


def test_the_report_opens_offline_and_holds_all_items(finished):
    report = (finished / "results" / "report.html").read_text(encoding="utf-8")
    assert not re.findall(r"<(?:script|link|img)[^>]+(?:src|href)=[\"']https?://", report)
    for item in ("configuration.html", "versions.html", "counts.html", "left_out.html", "audio_conditions.html"):
        assert item in report
    for task in TASKS:
        assert f"figures/{EVALUATION.format(task=task)}/robustness.svg" in report
        assert f"tables/{EVALUATION.format(task=task)}/all_deform_all_models.html" in report


def test_deform_renders_audio_to_listen_to(finished):
    assert snakemake(finished, "deform").status == 0
    clean, noisy = (sorted((finished / "results/listen/synthetic" / name).glob("*.wav")) for name in ("clean", "D2"))
    assert [path.name for path in clean] == [path.name for path in noisy]
    assert len(clean) == 2
    (before, _), (after, _) = (soundfile.read(paths[0]) for paths in (clean, noisy))
    assert np.sqrt(np.mean((after - before) ** 2)) == pytest.approx(np.sqrt(np.mean(before**2)), rel=0.05)


def test_the_graph_can_be_drawn_and_a_second_run_does_nothing(finished):
    assert "digraph" in snakemake(finished, "--dag").output
    assert "Nothing to be done" in snakemake(finished).output
