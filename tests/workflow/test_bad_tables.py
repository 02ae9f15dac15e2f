"""A table that cannot be meant as it stands, stops its own dataset with one clear error; the others go on."""

from types import SimpleNamespace

import pytest
from running import folder, read_rows, snakemake, table, write_config, write_rows, write_sounds

PARTS = ["train", "train", "train", "train", "validation", "validation", "test", "test"]

# dataset -> what the terminal and the log say, once
ERRORS = {
    "twice": "tables/twice.csv, rows 2, 3: the same path 'high/00.wav'",
    "same-id": "tables/same-id.csv, rows 2, 3: the same track_id 'x'",
    "no-label": "tables/no-label.csv: no column 'label' or 'labels'; its columns are path, klass",
    "parts": "tables/parts.csv, rows 3: unknown part 'tset' in column 'split' (did you mean 'test'?)",
    "no-test": "dataset 'no-test', task 'sound', split 'single', fold 0: the test part has no track (train 12, val",
    "not-keys": "unknown key",
}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    directory = tmp_path_factory.mktemp("bad-tables")
    paths = sorted(write_sounds(directory / "audio", n_each=8))
    rows = [(path, path.split("/")[0], PARTS[i % 8]) for i, path in enumerate(paths)]
    (directory / "tables").mkdir()

    def write(name, rows=rows, columns=("path", "label", "split")):
        write_rows(directory / "tables" / f"{name}.csv", columns, rows)

    write("twice", [rows[0], *rows])
    write(
        "same-id", [(*row, "x" if row[0] < "high/02" else "") for row in rows], ("path", "label", "split", "track_id")
    )
    write("no-label", [(*row, "1990") for row in rows], ("path", "klass", "split", "year"))
    write("parts", [rows[0], (*rows[1][:2], "tset"), *rows[2:]])
    write("no-test", [(path, label, part.replace("test", "validation")) for path, label, part in rows])
    write("not-keys", [(path, "H flat major") for path, _, _ in rows], ("path", "label"))
    # These are meant as they stand: a label with one item, one that is tested but not trained, a few unknown keys.
    write("rare", [(path, "once" if path == "high/04.wav" else label) for path, label, _ in rows], ("path", "label"))
    write("untrained", [(path, "new" if path == "high/06.wav" else label, part) for path, label, part in rows])
    keys = {"high": "C major", "low": "Am", "noise": "Eb minor"}
    write("keys", [(p, "H flat" if p == "low/00.wav" else keys[label]) for p, label, _ in rows], ("path", "label"))

    of_their_own = ("twice", "same-id", "no-label", "parts", "no-test", "untrained")
    single = [folder(name, csv=f"tables/{name}.csv", split_type="single") for name in of_their_own]
    drawn = [folder(name, csv=f"tables/{name}.csv") for name in ("rare",)]
    of_keys = [folder(name, csv=f"tables/{name}.csv") for name in ("not-keys", "keys")]
    write_config(
        directory,
        {"datasets": [*single, *drawn]},
        {"task": "key_estimation", "datasets": of_keys},
    )
    done = snakemake(directory, *evaluations(), "pages/left_out.csv", "--set-threads", "embed_tracks=1")
    return SimpleNamespace(**vars(done), results=directory / "results", log=run_log(directory))


def evaluations():
    """The scores of the datasets that can be evaluated; what is made of all datasets cannot be."""
    pairs = [("rare", "sound/50-25-25"), ("untrained", "sound/single")]
    return [f"scores/{dataset}/{path}/clean/handcrafted-spectral/linear.csv" for dataset, path in pairs]


def run_log(directory):
    (path,) = (directory / ".snakemake" / "log").glob("*.log")
    return path.read_text(encoding="utf-8")


def test_the_run_fails_and_every_other_dataset_is_evaluated(run):
    assert run.status == 1
    for path in evaluations():
        assert (run.results / path).is_file(), run.output
    assert not (run.results / "results.parquet").exists()


@pytest.mark.parametrize("dataset", ERRORS)
def test_one_clear_error_names_file_and_rows(run, dataset):
    lines = [line for line in run.output.splitlines() if line.startswith("error: ") and ERRORS[dataset] in line]
    # Once as it happens, once in the log of the job, which Snakemake shows.
    assert len(lines) == 2, run.output
    assert len(set(lines)) == 1
    logs = [path for path in (run.results / "logs").rglob("*.log") if ERRORS[dataset] in path.read_text()]
    assert len(logs) == 1
    assert dataset in str(logs[0])
    assert logs[0].read_text() == lines[0] + "\n"


def test_a_folder_that_is_not_there_stops_before_any_job_with_its_place_in_the_configuration(tmp_path):
    write_config(tmp_path, {"datasets": [folder("mine", dir="nowhere")]})
    done = snakemake(tmp_path)
    assert done.status == 1
    assert "config.yaml, line" in done.output
    assert "there is no folder 'nowhere' (paths start at the working directory)" in done.output
    assert not (tmp_path / "results").exists()


def test_columns_that_are_not_there_stop_before_any_job_all_at_once(tmp_path):
    write_sounds(tmp_path / "audio", n_each=1)
    write_rows(tmp_path / "own.csv", ("path", "genre"), [("low/00.wav", "x")])
    datasets = [folder(name, csv="own.csv", options={"label": name}) for name in ("gener", "genre", "mood")]
    write_config(tmp_path, {"datasets": datasets})
    done = snakemake(tmp_path, "--dry-run")
    assert done.status == 1
    assert "own.csv: no column 'gener', for which `label` asks (did you mean 'genre'?)" in done.output
    assert "own.csv: no column 'mood', for which `label` asks" in done.output


def test_no_traceback_reaches_the_terminal(run):
    assert "Traceback" not in run.output


@pytest.mark.parametrize("dataset", ERRORS)
def test_nothing_half_written_is_left(run, dataset):
    found = [
        path for path in run.results.rglob("*") if path.is_file() and dataset in path.relative_to(run.results).parts
    ]
    assert not [path for path in found if {"splits", "embeddings", "scores"} & set(path.relative_to(run.results).parts)]


def test_a_label_with_one_item_is_left_out(run):
    split = table(run.results / "splits" / "rare" / "sound" / "50-25-25.parquet").set_index("track_id")
    assert split.loc["high_04", "part"] == "left_out"
    assert split.loc["high_04", "reason"].startswith("label 'once' has 1 item")
    assert labels_in_scores(run, "rare") == {"high", "low", "noise"}


def test_a_label_that_is_tested_but_not_trained_is_left_out(run):
    split = table(run.results / "splits" / "untrained" / "sound" / "single.parquet").set_index("track_id")
    assert split.loc["high_06", "part"] == "left_out"
    assert split.loc["high_06", "reason"] == "label 'new' has no item in the train part of fold 0"
    assert labels_in_scores(run, "untrained") == {"high", "low", "noise"}


def test_an_unknown_key_is_left_out(run):
    split = table(run.results / "splits" / "keys" / "key_estimation" / "50-25-25.parquet").set_index("track_id")
    assert split.loc["low_00", "part"] == "left_out"
    assert "H flat" in split.loc["low_00", "reason"]
    assert {label for one in split["label"][split["part"] != "left_out"] for label in one} == {
        "C major",
        "A minor",
        "D# minor",
    }


def labels_in_scores(run, dataset):
    (path,) = (run.results / path for path in evaluations() if f"/{dataset}/" in path)
    return {row["label"] for row in read_rows(path)} - {""}
