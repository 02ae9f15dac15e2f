"""A split that leaks stops before a probe is trained on it, with what leaks and how to go on."""

import base64
import shutil
from types import SimpleNamespace

import pytest
from running import folder, read_rows, snakemake, write_config, write_rows, write_sounds

from soundcheck import parquet

PARTS = ["train", "train", "train", "train", "validation", "validation", "test", "test"]
EVALUATION = "mine/sound/single"


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """A folder with a CSV whose train and test parts each have a file with the same samples, under two names."""
    directory = tmp_path_factory.mktemp("audit")
    paths = sorted(write_sounds(directory / "audio", n_each=8))
    rows = [(path, path.split("/")[0], PARTS[i % 8]) for i, path in enumerate(paths)]
    shutil.copy(directory / "audio" / "low" / "00.wav", directory / "audio" / "low" / "another name.wav")
    write_rows(directory / "labels.csv", ("path", "label", "split"), [*rows, ("low/another name.wav", "low", "test")])
    return directory


@pytest.fixture(scope="module")
def stopped(directory):
    write_config(directory, {"datasets": [folder(csv="labels.csv", split_type="single")]})
    run = snakemake(directory)
    results = directory / "results"
    return SimpleNamespace(
        **vars(run),
        findings=read_rows(results / "audit" / f"{EVALUATION}.stopped.csv"),
        has_probes=(results / "probes").exists(),
    )


@pytest.fixture(scope="module")
def allowed(directory, stopped):
    dataset = folder(csv="labels.csv", split_type="single", allow_overlap=["audio"])
    write_config(directory, {"datasets": [dataset]})
    return snakemake(directory)


def test_equal_audio_in_train_and_test_stops_with_its_names_and_the_way_on(stopped):
    assert stopped.status == 1
    (line,) = {line for line in stopped.output.splitlines() if line.startswith("error: ")}
    assert "dataset 'mine', task 'sound', split 'single': the parts overlap." in line
    assert "low_00 (train) = low_another_name (test)" in line
    assert "allow_overlap: [audio]" in line
    assert "Traceback" not in stopped.output


def test_no_probe_was_trained_and_all_findings_are_kept(stopped):
    assert not stopped.has_probes
    row, no_group = stopped.findings
    assert (no_group["detail"], no_group["verdict"]) == ("no group is known", "passed")
    assert (row["kind"], row["verdict"], row["track_b"]) == ("audio", "stop", "low_another_name")


def test_what_is_allowed_by_name_runs_and_is_in_the_report(directory, allowed):
    assert allowed.status == 0, allowed.output
    assert not (directory / "results" / "audit" / f"{EVALUATION}.stopped.csv").exists()
    assert "audit of dataset 'mine', task 'sound', split 'single': audio: 1 (allowed)" in allowed.output
    row, _ = read_rows(directory / "results" / "audit" / f"{EVALUATION}.csv")
    assert row["verdict"] == "allowed"
    assert "1, allowed" in (directory / "results" / "pages" / "audit.html").read_text()
    assert "audit.html" in (directory / "results" / "report.html").read_text()


def test_a_run_that_was_killed_in_its_audit_goes_on_to_the_end(directory, allowed):
    results = directory / "results"
    audit = next((results / "audit").rglob("*.csv")).relative_to(results).as_posix()
    # What Snakemake leaves of a job that it was killed in.
    (results / ".snakemake" / "incomplete" / base64.b64encode(audit.encode()).decode()).touch()
    (results / "results.parquet").unlink()
    again = snakemake(directory)
    assert again.status == 0, again.output
    assert "rule audit_split" in again.output
    assert (results / "results.parquet").is_file()


def test_the_audit_alone_needs_no_embedder(directory, allowed):
    shutil.rmtree(directory / "results")
    run = snakemake(directory, "audit")
    assert run.status == 0, run.output
    assert (directory / "results" / "pages" / "audit.html").is_file()
    assert not (directory / "results" / "embeddings").exists()


def test_equal_audio_stays_together_where_the_dataset_says_so(tmp_path):
    for path in write_sounds(tmp_path / "audio", n_each=8):
        copied = tmp_path / "audio" / path
        shutil.copy(copied, copied.with_name(f"copy of {copied.name}"))
    write_config(tmp_path, {"datasets": [folder(group_equal_audio=True)]})
    run = snakemake(tmp_path, "audit")
    assert run.status == 0, run.output
    split = tmp_path / "results" / "splits" / "mine" / "sound" / "50-25-25.parquet"
    assert parquet.metadata(split)["grouped_by"] == "equal audio"
    found = read_rows(tmp_path / "results" / "audit" / "mine" / "sound" / "50-25-25.csv")
    assert not [row for row in found if row["kind"] in ("audio", "near_duplicate", "group")]
