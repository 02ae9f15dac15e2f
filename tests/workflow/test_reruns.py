"""What a change reruns: exactly the cells that it touches. And a run's scores depend on its configuration alone."""

import re
import shutil
from collections import Counter

import pytest
import yaml
from running import REPOSITORY, folder, snakemake, write_config, write_sounds

MODEL = """
import torch

class Model:
    sample_rate = 16000
    scene_embedding_size = 3

def load_model(path=""):
    return Model()

def get_scene_embeddings(audio, model):
    return torch.stack([audio.mean(1), audio.std(1), audio.diff(dim=1).std(1)], dim=1)
"""
NOISE = {"name": "noise", "transforms": [{"type": "AddGaussianSNR", "params": {"min_snr_db": 9, "max_snr_db": 9}}]}
MINE = {"name": "mine", "hear": "model.py", "gpu": 0}
PROBES = [{"name": "linear", "hidden_units": [], "epochs": 4}, {"name": "deep", "hidden_units": ["infer"], "epochs": 4}]
BASE = {
    "datasets": [folder()],
    "deformations": ["identity", NOISE],
    "embedders": ["handcrafted-mfcc", "random-crepe-tiny", MINE],
    "probes": PROBES,
}
# One job of each rule for each embedder.
JOBS = {"embed_tracks": 3, "fit_probes": 3, "score_probes": 3}
NUMBERS = ("download_dataset", "index_tracks", "make_split", "embed_tracks", "fit_probes", "score_probes")


def configure(directory, **changes):
    write_config(directory, BASE | changes, seeds=2)


def test_a_run_can_be_planned_before_anything_is_there(tmp_path):
    write_sounds(tmp_path / "audio", n_each=1)
    (tmp_path / "model.py").write_text(MODEL)
    configure(tmp_path)
    run = snakemake(tmp_path, "--dry-run", "--quiet", "rules")
    assert run.status == 0, run.output
    assert {
        line.split()[0]: int(line.split()[1]) for line in run.output.splitlines() if line.startswith(tuple(JOBS))
    } == JOBS


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run, and a checkout of its own to change."""
    directory = tmp_path_factory.mktemp("reruns")
    unneeded = (".*", "results", "data", "tests", "docs", "__pycache__")
    shutil.copytree(REPOSITORY, directory / "checkout", ignore=shutil.ignore_patterns(*unneeded))
    write_sounds(directory / "audio")
    (directory / "model.py").write_text(MODEL)
    configure(directory)
    run = snakemake(directory, "--snakefile", directory / "checkout" / "Snakefile")
    assert run.status == 0, run.output
    return directory


@pytest.fixture
def planned(finished):
    """Jobs that a dry run plans, counted by rule, and their wildcards; configuration and checkout are put back."""

    def plan(*arguments):
        run = snakemake(finished, "--snakefile", finished / "checkout" / "Snakefile", "--dry-run", *arguments)
        assert run.status == 0, run.output
        jobs = re.findall(r"^(?:local)?rule (\w+):\n(?:    .*\n)*?    wildcards: (.*)$", run.output, re.MULTILINE)
        return {rule: count for rule, count in Counter(rule for rule, _ in jobs).items() if rule in NUMBERS}, jobs

    yield plan
    configure(finished)


def touch(path):
    """Change a file of the checkout for good; later tests have it changed, so each test changes another one."""
    path.write_text(path.read_text() + "\n# a change\n")


def test_a_finished_run_has_nothing_to_do_whatever_the_number_of_cores(finished):
    for arguments in ([], ["--cores", "1"], ["--set-threads", "embed_tracks=1", "fit_probes=2"]):
        run = snakemake(finished, "--snakefile", finished / "checkout" / "Snakefile", *arguments)
        assert run.status == 0
        assert "Nothing to be done" in run.output


def test_another_scenario_runs_its_cells_alone(planned, finished):
    configure(finished, deformations=["D4", "identity", NOISE])
    assert planned()[0] == JOBS


def test_an_edited_scenario_runs_its_cells_alone(planned, finished):
    softer = {**NOISE, "transforms": [{"type": "AddGaussianSNR", "params": {"min_snr_db": 12, "max_snr_db": 12}}]}
    configure(finished, deformations=["identity", softer])
    assert planned()[0] == JOBS


def test_another_embedder_runs_its_cells_alone(planned, finished):
    configure(finished, embedders=["handcrafted-mel", *BASE["embedders"]])
    counts, jobs = planned()
    assert counts == {"embed_tracks": 1, "fit_probes": 1, "score_probes": 1}
    assert all("embedder=handcrafted-mel" in wildcards for rule, wildcards in jobs if rule in NUMBERS)


def test_another_probe_runs_its_cells_alone(planned, finished):
    configure(finished, probes=[{"name": "wide", "hidden_units": [64], "epochs": 4}, *PROBES])
    assert planned()[0] == {"fit_probes": 3, "score_probes": 3}


def test_reordering_embedders_probes_and_scenarios_runs_no_cell(planned, finished):
    configure(finished, embedders=BASE["embedders"][::-1], probes=PROBES[::-1], deformations=[NOISE, "identity"])
    assert planned()[0] == {}


def test_keys_with_nothing_behind_them_run_nothing(finished, planned):
    transform = {"type": "AddGaussianSNR", "params": {**NOISE["transforms"][0]["params"], "p": None}}
    configure(
        finished,
        datasets=[folder(options=None, csv=None, per_class=None, train_on=None, deformations=None)],
        deformations=["identity", {"name": "noise", "transforms": [transform]}],
        embedders=[
            {"name": "handcrafted-mfcc", "hop": None, "pooling": None, "layers": None, "options": None},
            {"like": "random-crepe-tiny", "name": None, "weights": None},
            {**MINE, "use": None, "env": None, "sample_rate": None, "like": None, "onnx": None},
        ],
        probes=[{**probe, "save_criterion": None, "pca_components": None} for probe in PROBES],
        metrics=None,
        exclude=None,
    )
    counts, jobs = planned()
    assert (counts, jobs) == ({}, [])


def test_other_metrics_run_scores_alone(planned, finished):
    configure(finished, metrics=["accuracy"])
    assert planned()[0] == {"score_probes": 3}


def test_an_edited_family_of_embedders_runs_its_cells_alone(planned, finished):
    touch(finished / "checkout" / "workflow" / "scripts" / "soundcheck" / "embedding" / "families" / "crepe.py")
    counts, jobs = planned()
    assert counts == {"embed_tracks": 1, "fit_probes": 1, "score_probes": 1}
    assert all("embedder=random-crepe-tiny" in wildcards for rule, wildcards in jobs if rule in NUMBERS)


def test_an_edited_model_of_ones_own_runs_its_cells_alone(planned, finished):
    before = planned()[0]
    (finished / "model.py").write_text(MODEL.replace("audio.mean(1)", "audio.abs().mean(1)"))
    counts, jobs = planned()
    (finished / "model.py").write_text(MODEL)
    assert counts == {
        rule: before.get(rule, 0) + {"embed_tracks": 1, "fit_probes": 1, "score_probes": 1}[rule] for rule in counts
    }
    touched = {wildcards.rpartition("embedder=")[2].split(",")[0] for rule, wildcards in jobs if rule == "embed_tracks"}
    assert touched == {"random-crepe-tiny", "mine"} if before else {"mine"}


@pytest.fixture(scope="module")
def repeated(finished, tmp_path_factory):
    """The same configuration, its lists reordered, on one core, in another folder."""
    directory = tmp_path_factory.mktemp("repeated")
    shutil.copytree(finished / "audio", directory / "audio")
    (directory / "model.py").write_text(MODEL)
    configure(directory, embedders=BASE["embedders"][::-1], deformations=[NOISE, "identity"])
    run = snakemake(directory, cores=1)
    assert run.status == 0, run.output
    return directory


@pytest.mark.parametrize("kind", ["splits", "embeddings", "predictions", "scores"])
def test_a_run_in_another_folder_with_another_order_and_number_of_cores_gives_the_same_bytes(finished, repeated, kind):
    files = sorted(path.relative_to(finished) for path in (finished / "results" / kind).rglob("*") if path.is_file())
    assert len(files) >= {"splits": 1, "embeddings": 9, "predictions": 18, "scores": 18}[kind]
    for file in files:
        assert (finished / file).read_bytes() == (repeated / file).read_bytes(), file


def test_identity_equals_clean_exactly(finished):
    scores = finished / "results" / "scores" / "mine" / "sound" / "50-25-25"
    files = sorted(path.relative_to(scores / "clean") for path in (scores / "clean").rglob("*.csv"))
    assert len(files) == 6
    for file in files:
        clean, identity = (scores / name / file for name in ("clean", "identity"))
        assert identity.read_text().replace(",identity,", ",clean,") == clean.read_text()


def test_every_job_has_a_log_and_a_benchmark(finished):
    for rule, count in JOBS.items():
        for kind in ("logs", "benchmarks"):
            assert len([path for path in (finished / "results" / kind / rule).rglob("*") if path.is_file()]) == count


def test_the_configuration_in_the_report_is_the_one_that_ran(finished):
    page = (finished / "results" / "pages" / "configuration.html").read_text()
    assert "random-crepe-tiny" in page
    assert str(yaml.safe_load((finished / "config.yaml").read_text())["resamples"]) in page
