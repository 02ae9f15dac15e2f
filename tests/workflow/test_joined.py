"""Train on one dataset, test on another: a row of results like any other."""

import pytest
import soundfile
from running import RATE, folder, read_rows, snakemake, sound, table, write_config, write_sounds

NOISE = {"name": "noise", "transforms": [{"type": "AddGaussianSNR", "params": {"min_snr_db": 15, "max_snr_db": 15}}]}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    directory = tmp_path_factory.mktemp("joined")
    write_sounds(directory / "audio")
    # Other recordings; one label is spelt otherwise, one is unknown to training.
    for kind, label in (("low", "LOW "), ("high", "High"), ("noise", "hiss")):
        (directory / "other" / label.strip()).mkdir(parents=True)
        for number in range(5):
            soundfile.write(directory / "other" / label.strip() / f"{number}.wav", sound(kind, 50 + number), RATE)
    pair = {"train_on": folder("ours"), "test_on": folder("theirs", "other"), "split_type": [0.5, 0.25, 0.25]}
    write_config(directory, {"datasets": [pair, folder("ours")], "deformations": [NOISE]})
    run = snakemake(directory, "evaluate", "tables", "audit")
    assert run.status == 0, run.output
    return directory


def test_the_pair_is_a_dataset_of_the_results(finished):
    results = table(finished / "results" / "results.parquet")
    assert set(results["dataset"]) == {"ours", "ours-to-theirs"}
    pair = results[(results["dataset"] == "ours-to-theirs") & (results["metric"] == "accuracy")]
    pair = pair[pair["seed"] == "mean"]
    assert set(pair["deformation"]) == {"clean", "noise"}
    assert set(pair["n"]) == {10}


def test_only_training_tracks_of_the_one_and_all_of_the_other_take_part(finished):
    split = table(finished / "results/splits/ours-to-theirs/sound/50-25-25.parquet")
    parts = split[split["part"] != "left_out"]
    assert {track_id.split("/")[0] for track_id in parts["track_id"][parts["part"] == "test"]} == {"theirs"}
    assert {track_id.split("/")[0] for track_id in parts["track_id"][parts["part"] != "test"]} == {"ours"}
    own = table(finished / "results/splits/ours/sound/50-25-25.parquet")
    assert (parts["part"] == "train").sum() == (own["part"] == "train").sum()


def test_labels_are_harmonised_and_unknown_ones_left_out_with_the_reason(finished):
    split = table(finished / "results/splits/ours-to-theirs/sound/50-25-25.parquet")
    tested = split[split["part"] == "test"]
    assert {label for labels in tested["label"] for label in labels} == {"low", "high"}
    reasons = split["reason"][split["track_id"].str.startswith("theirs/hiss")]
    assert set(reasons) == {"label 'hiss' of theirs is none of ours"}


def test_what_is_shared_with_the_datasets_alone_is_made_once(finished):
    logs = {
        path.relative_to(finished / "results/logs/embed_tracks").as_posix()
        for path in finished.rglob("logs/embed_tracks/**/*.log")
    }
    assert logs == {
        "ours/handcrafted-spectral.log",
        "theirs/handcrafted-spectral.log",
    }


def test_audio_that_is_in_both_datasets_stops_the_run(tmp_path):
    write_sounds(tmp_path / "audio")
    write_sounds(tmp_path / "other")
    pair = {"train_on": folder("ours"), "test_on": folder("theirs", "other"), "split_type": [0.5, 0.25, 0.25]}
    write_config(tmp_path, {"datasets": [pair]})
    run = snakemake(tmp_path, "audit")
    assert run.status != 0
    assert "The same audio, sample by sample, is in two parts" in run.output
    assert read_rows(next(tmp_path.glob("results/audit/ours-to-theirs/sound/*.stopped.csv")))


def test_both_datasets_are_rendered_to_listen_to(finished):
    run = snakemake(finished, "deform", "--dry-run")
    assert run.status == 0, run.output
    rendered = {line.split("listen/")[1] for line in run.output.splitlines() if "output: listen/" in line}
    assert {"theirs/clean", "theirs/noise", "ours/clean"} <= rendered
