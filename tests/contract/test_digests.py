"""Digests of source: what a job really imports is what its digest holds, so an edit reruns what uses it and no other.

One run has a job of every rule. What its jobs had imported in the end is compared with the modules of their digests;
then files of the checkout are edited, and a dry run says what has to run again.
"""

import itertools
import json
import os
import re
import shutil
import subprocess

import numpy as np
import pytest
import soundfile
from local_server import serving
from models import mert_model
from running import RATE, REPOSITORY, command, folder, sound, write_config, write_rows, write_sounds

NOISE = {"name": "noise", "transforms": [{"type": "AddGaussianSNR", "params": {"min_snr_db": 9, "max_snr_db": 9}}]}
FUNCTION = """
import numpy as np

def embed(samples, sample_rate):
    return np.array([np.log(1e-6 + np.mean(block**2)) for block in np.array_split(samples, 8)])
"""
METRIC = """
def share(y_true, y_score, labels):
    return float(y_true.mean())
"""
METRICS = ["accuracy", "f1_macro", "confusion", "my_metrics.share"]
N_LAYERS, WIDTH = 3, 32
TARGETS = ("all", "deform", "curves", "check_embedders", "list_embedders")
# No output, so it runs whenever it is asked for; and nothing but plumbing, so no edit can make it run.
WITHOUT_DIGEST = {"list_embedders", "download_weights"}


def write_data(directory):
    """Audio with numbers, which are classes, tags or values; other audio with events; models, vectors."""
    numbers = {"low": 1, "high": 2, "noise": 3}
    paths = write_sounds(directory / "ours", n_each=8)
    write_rows(directory / "ours.csv", ["path", "label"], [(path, numbers[path.split("/")[0]]) for path in paths])
    (directory / "vectors").mkdir()
    for path in paths:
        track_id = path.replace("/", "_").removesuffix(".wav")
        np.save(directory / "vectors" / f"{track_id}.npy", np.eye(4)[numbers[path.split("/")[0]]])
    (directory / "theirs").mkdir()
    (directory / "frames").mkdir()
    events, frames = [], []
    for kind, number in itertools.product(("low", "high"), range(8)):
        track_id = f"{kind}_{number}"
        soundfile.write(directory / "theirs" / f"{track_id}.wav", sound(kind, 50 + number), RATE)
        (directory / "theirs" / f"{track_id}.txt").write_text(f"0.02\t0.22\t{numbers[kind]}\n")
        events.append((f"{track_id}.wav", f"{track_id}.txt"))
        frames += [(track_id, 0.02 * place, int(0 < place < 12), numbers[kind]) for place in range(15)]
    write_rows(directory / "theirs.csv", ["path", "events_file"], events)
    write_rows(directory / "frames" / "clean.csv", ["track_id", "time_s", "loudness", "kind"], frames)
    (directory / "function.py").write_text(FUNCTION)
    (directory / "my_metrics.py").write_text(METRIC)


def configure(directory, address):
    """A configuration that needs every rule."""
    ours = folder("ours", "ours", csv="ours.csv")
    theirs = folder("theirs", "theirs", csv="theirs.csv")
    files = sorted(path.name for path in (directory / "served").iterdir())
    tiny = {
        "family": "huggingface",
        "sample_rate": 24_000,
        "dimension": N_LAYERS * WIDTH,
        "n_layers": N_LAYERS,
        "weights": [{"file": f"tiny/{name}", "url": f"{address}/{name}"} for name in files],
    }
    function = {"name": "function", "function": "function.py", "sample_rate": RATE}
    layer = {"name": "layer", "like": "tiny", "layers": [1]}
    vectors = {"embedders": [{"name": "elsewhere", "precomputed": "vectors"}]}
    frames = {"embedders": [{"name": "frames", "precomputed": "frames"}]}
    pair = {"train_on": ours, "test_on": theirs, "split_type": [0.5, 0.25, 0.25]}
    tags = {"name": "tags", "type": "multilabel_classification"}
    numbers = {"name": "numbers", "type": "regression"}
    events = {"name": "events", "type": "event_detection"}
    write_config(
        directory,
        {"datasets": [ours], "embedders": [function], "deformations": [NOISE], "metrics": METRICS},
        {"datasets": [ours], "embedders": ["handcrafted-spectral", layer], "metrics": ["accuracy"]},
        {"datasets": [pair], "embedders": [function], "metrics": ["accuracy"]},
        {"datasets": [ours], "task": tags, **vectors, "metrics": ["roc_auc"]},
        {"datasets": [ours], "task": numbers, **vectors},
        {"datasets": [theirs], "task": events, **frames},
        check_embedders=True,
        catalogue={"tiny": tiny},
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run in a checkout of its own, and what was recorded of it."""
    directory = tmp_path_factory.mktemp("digests")
    unneeded = (".*", "results", "data", "tests", "docs", "__pycache__")
    shutil.copytree(REPOSITORY, directory / "checkout", ignore=shutil.ignore_patterns(*unneeded))
    mert_model.write(directory / "served", hidden_size=WIDTH, num_hidden_layers=N_LAYERS - 1)
    write_data(directory)
    (directory / "recorded").mkdir()
    with serving(directory / "served") as server:
        configure(directory, server.address)
        done = run(directory, *TARGETS)
    assert done.returncode == 0, done.stdout
    return directory


def run(directory, *arguments):
    """Run Snakemake with the checkout of this directory, recording."""
    helpers = [REPOSITORY / "tests" / "helpers" / "recording", directory / "checkout" / "workflow" / "scripts"]
    environment = {"PYTHONPATH": os.pathsep.join(map(str, helpers)), "RECORDED": str(directory / "recorded")}
    return subprocess.run(
        command(directory, "--snakefile", directory / "checkout" / "Snakefile", "--max-threads", "1", *arguments),
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1800,
        check=False,
    )


def recorded(directory, file):
    """What was written to a file of the record."""
    return [json.loads(line) for line in (directory / "recorded" / file).read_text().splitlines()]


def test_every_rule_had_a_job(finished):
    texts = "".join(path.read_text() for path in (REPOSITORY / "rules").glob("*.smk"))
    bodies = re.findall(r"^(?:rule|use rule \w+ as) (\w+)(?: with)?:\n((?:\n*    .*\n)+)", texts, re.MULTILINE)
    # A rule without a script is a target: it has an input alone.
    rules = {rule for rule, body in bodies if "    log:" in body} | set(
        re.findall(r'numbered\("(\w+)", number\)', texts)
    )
    assert len(rules) > 25
    assert {job["rule"] for job in recorded(finished, "jobs.jsonl")} == rules


def test_every_job_imports_what_its_digest_holds(finished):
    modules_of = {each["digest"]: set(each["modules"]) for each in recorded(finished, "digests.jsonl")}
    wrong = {}
    for job in recorded(finished, "jobs.jsonl"):
        imported = {name for name in job["modules"] if name.split(".")[0] != "plumbing"}
        if job["rule"] == "download_weights":
            assert imported == set()
        if job["rule"] not in WITHOUT_DIGEST:
            expected = set().union(*(modules_of[digest] for digest in job["digests"]))
            if imported != expected:
                wrong[job["log"]] = {"stale": sorted(imported - expected), "needless": sorted(expected - imported)}
    assert not wrong


SCRIPTS = "workflow/scripts"
LIBRARY = "workflow/scripts/soundcheck"
SPLIT = {"make_split": {"sound", "tags", "numbers", "events"}}


@pytest.fixture
def rerun(finished):
    """What an edit of a file of the checkout runs again, rule -> tasks: the jobs to begin with, and all that follow.

    The file is put back.
    """
    edited = {}

    def plan(file, old, new):
        path = finished / "checkout" / file
        text = edited[path] = path.read_text()
        assert text.count(old) == 1, f"{file} has changed: edit another line"
        path.write_text(text.replace(old, new))
        done = run(finished, *TARGETS[:-1], "--dry-run")
        assert done.returncode == 0, done.stdout
        first, planned = {}, {}
        for rule, body in re.findall(r"^(?:local)?rule (\w+?)(?:_\d)?:\n((?:    .*\n)+)", done.stdout, re.MULTILINE):
            # A job whose inputs are made again says nothing of its parameters.
            for jobs in (planned, first) if "Params have changed" in body else (planned,):
                jobs.setdefault(rule, set()).update(re.findall(r"task=([\w-]+)", body))
        return first, planned

    yield plan
    for path, text in edited.items():
        path.write_text(text)


def test_another_metric_that_chooses_the_epoch_fits_and_scores_again(rerun):
    """An edit of the area under the curve: also fits of events, whose criterion is in the same module."""
    first, planned = rerun(f"{LIBRARY}/scoring/metrics/tagging.py", "def _auc(", "# edited\ndef _auc(")
    assert first == {"fit_probes": {"tags", "events"}}
    assert planned["score_probes"] == {"tags", "events"}
    assert not planned.keys() & {"make_split", "embed_tracks", "take_precomputed"}


def test_an_edited_script_runs_the_jobs_of_its_rule_again(rerun):
    first, _ = rerun(f"{SCRIPTS}/make_split.py", "seed=params.seed,", "seed=params.seed + 1,")
    assert first == SPLIT


def test_other_words_of_a_message_run_nothing(rerun):
    assert rerun(f"{LIBRARY}/plumbing/errors.py", "def did_you_mean(", "# edited\ndef did_you_mean(") == ({}, {})


def test_what_asks_a_dataset_for_its_groups_splits_again(rerun):
    first, _ = rerun(f"{LIBRARY}/datasets/splits/questions.py", "def with_groups(", "# edited\ndef with_groups(")
    assert first == SPLIT
