"""A run on a cluster, whatever happens to it, ends with the scores of a run on one machine."""

import re
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
import slurm
from running import command, copied_workflow, snakemake, wait_until, write_config, write_sounds

pytestmark = pytest.mark.slurm

# The profile as it is; and questions of each second, since these jobs take only seconds.
QUICKLY = ("--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "1")
# Too little for a job with librosa, until its second or third attempt.
TOO_LITTLE_MB = 600


def on_slurm(directory, workflow):
    """The command line of a run whose jobs Slurm gets."""
    profile = ("--workflow-profile", str(workflow / "profiles" / "slurm"), "--latency-wait", "5", *QUICKLY)
    return command(directory, "evaluate", *profile, repository=workflow)


def queue(of_rule=""):
    """The jobs that are queued or run, by number: what they do."""
    lines = slurm.output("squeue", "--noheader", "--states=pending,running", "--format=%i|%k").splitlines()
    return [line.partition("|")[0] for line in lines if of_rule in line]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The same configuration on this machine, and on a Slurm that kills, loses and ends what it can."""
    here, there = tmp_path_factory.mktemp("here"), tmp_path_factory.mktemp("there")
    for directory in (here, there):
        write_sounds(directory / "audio", n_each=4)
        write_config(directory)
    workflow = copied_workflow(tmp_path_factory.mktemp("workflow"))
    audit = workflow / "rules" / "audit.smk"
    text = audit.read_text()
    audit.write_text(text.replace("growing(4000)", f"growing({TOO_LITTLE_MB})"))
    assert audit.read_text() != text
    with slurm.running(tmp_path_factory.mktemp("slurm")):
        with open(there / "killed", "w") as terminal:
            first = subprocess.Popen(on_slurm(there, workflow), stdout=terminal, stderr=terminal)
            assert wait_until(queue), (there / "killed").read_text()
            first.kill()
            first.wait()
        # As somebody does who starts anew.
        slurm.output("scancel", "--user", "root")
        with open(there / "terminal", "w") as terminal:
            second = subprocess.Popen(on_slurm(there, workflow), stdout=terminal, stderr=terminal)
            try:
                assert wait_until(lambda: queue("embed_tracks")), (there / "terminal").read_text()
                cancelled = queue("embed_tracks")[0]
                slurm.output("scancel", cancelled)
                status = second.wait(timeout=240)
            finally:
                second.kill()
    local = snakemake(here, "evaluate")
    assert local.status == 0, local.output
    output = (there / "terminal").read_text()
    return SimpleNamespace(here=here, there=there, status=status, output=output, cancelled=cancelled)


def test_a_run_whose_driver_and_jobs_were_killed_ends_well(runs):
    assert runs.status == 0, runs.output
    assert f"SLURM-job '{runs.cancelled}' failed, SLURM status is: 'CANCELLED'" in runs.output


def test_the_numbers_are_those_of_a_run_on_this_machine_byte_by_byte(runs):
    expected, found = (numbers(directory / "results") for directory in (runs.here, runs.there))
    assert len([path for path in expected if path.startswith("scores")]) == 1
    assert found == expected


def test_a_job_that_needs_more_memory_than_it_had_gets_more(runs):
    # The log of a job that failed is shown as well, and repeats what it was given.
    given = r"^rule fingerprint_tracks:\n(?:    .*\n)+?    resources: .*?mem_mb=(\d+)"
    attempts = sorted(set(map(int, re.findall(given, runs.output, re.MULTILINE))))
    assert len(attempts) > 1, runs.output
    assert attempts == [TOO_LITTLE_MB * attempt for attempt in range(1, len(attempts) + 1)]


def test_what_takes_seconds_is_not_sent(runs):
    sent = set(re.findall(r"^rule (\w+):", runs.output, re.MULTILINE))
    assert {"fingerprint_tracks", "embed_tracks"} < sent
    assert not sent & {"download_dataset", "index_tracks", "make_split", "audit_split", "collect_scores"}


def test_nothing_is_left_of_slurm(runs):
    assert not (slurm.CONFIGURATION / "slurm.conf").exists()


def numbers(results: Path):
    """Every file that numbers are read from, as bytes."""
    folders = ("embeddings", "fingerprints", "predictions", "scores", "splits", "tracks")
    files = [path for name in folders for path in (results / name).rglob("*.*")]
    files += [*results.glob("probes/**/model.npz"), results / "results.parquet"]
    return {str(path.relative_to(results)): path.read_bytes() for path in files}
