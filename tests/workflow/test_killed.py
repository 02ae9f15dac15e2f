"""A run that is killed at any moment, and started again, ends like one that nobody disturbed."""

import os
import shutil
import signal
import subprocess
from types import SimpleNamespace

import pytest
from running import command, folder, snakemake, wait_until, write_config, write_sounds

TARGETS = ("evaluate", "--set-threads", "embed_tracks=1")


def processes_of(directory, script=""):
    """The jobs whose script, of this name or any, lies in `directory`."""
    lines = subprocess.run(["ps", "-Awwo", "pid,args"], capture_output=True, text=True, check=True).stdout.splitlines()
    return [line for line in lines if f"{directory}/results/.snakemake/scripts/" in line and line.endswith(script)]


def start(directory):
    """Start a run in a session of its own, as a terminal does."""
    with open(directory / "terminal", "a") as terminal:
        return subprocess.Popen(
            command(directory, *TARGETS), stdout=terminal, stderr=subprocess.STDOUT, start_new_session=True
        )


def killed_when(directory, condition, meanwhile=lambda process: None):
    """Start a run and kill Snakemake alone when `condition()` is met.

    Returns what `meanwhile(process)` did before; the jobs there were then, and whether they ended.
    """
    process = start(directory)
    try:
        assert wait_until(lambda: condition() or process.poll() is not None), (directory / "terminal").read_text()
        done = meanwhile(process)
        assert process.poll() is None, (directory / "terminal").read_text()
        orphans = processes_of(directory)
        process.kill()
        process.wait()
        return done, orphans, wait_until(lambda: not processes_of(directory), seconds=10)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def existing(directory, pattern):
    """A condition: a file of this pattern is there."""
    return lambda: next((directory / "results").glob(pattern), None) is not None


def numbers(directory):
    """Every file that numbers are read from, as bytes."""
    results = directory / "results"
    files = [
        path for name in ("embeddings", "predictions", "scores", "splits") for path in (results / name).rglob("*.*")
    ]
    files += [*results.glob("probes/**/model.npz"), *results.glob("*.parquet")]
    return {str(path.relative_to(results)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    undisturbed, killed = (tmp_path_factory.mktemp(name) for name in ("undisturbed", "killed"))
    write_sounds(undisturbed / "audio", n_each=10)
    write_config(
        undisturbed,
        {
            "datasets": [folder()],
            "deformations": ["D1"],
            "probes": [{"name": f"p{size}", "hidden_units": [size], "epochs": 20} for size in (8, 16)],
        },
        seeds=2,
    )
    shutil.copytree(undisturbed, killed, dirs_exist_ok=True)
    first = snakemake(undisturbed, *TARGETS)
    assert first.status == 0, first.output

    def second_run(process):
        done, dry = snakemake(killed, *TARGETS), snakemake(killed, *TARGETS, "-n")
        return SimpleNamespace(process=process.pid, done=done, dry=dry)

    # The first of two conditions is embedded.
    _, *at_embedding = killed_when(killed, existing(killed, "embeddings/mine/clean/*.parquet"))
    second, *at_second = killed_when(killed, lambda: processes_of(killed), second_run)
    _, *at_fit = killed_when(killed, lambda: processes_of(killed, "fit_probes.py"))
    _, *at_score = killed_when(killed, lambda: processes_of(killed, "score_probes.py"))
    last = snakemake(killed, *TARGETS)
    return SimpleNamespace(
        undisturbed=undisturbed,
        killed=killed,
        second=second,
        orphans=[at_embedding, at_second, at_fit, at_score],
        last=last,
    )


def test_what_a_killed_run_left_running_ends_soon(runs):
    assert all(ended for _, ended in runs.orphans)
    assert any(orphans for orphans, _ in runs.orphans)


def test_the_same_command_ends_well_without_unlocking(runs):
    assert runs.last.status == 0, runs.last.output


def test_the_results_are_those_of_an_undisturbed_run_byte_by_byte(runs):
    expected, found = numbers(runs.undisturbed), numbers(runs.killed)
    assert len([path for path in expected if path.startswith("scores")]) == 4
    assert "results.parquet" in expected
    assert found.keys() == expected.keys()
    assert [path for path in expected if found[path] != expected[path]] == []


def test_nothing_half_written_is_left(runs):
    hidden = {path.name for path in (runs.killed / "results").rglob(".*")}
    assert hidden <= {".snakemake", ".snakemake_timestamp"}


def test_a_further_run_does_nothing(runs):
    again = snakemake(runs.killed, *TARGETS)
    assert again.status == 0
    assert "Nothing to be done" in again.output
    assert "rule " not in again.output


def test_two_runs_at_once_in_one_directory_are_refused_in_one_line(runs):
    assert runs.second.done.status == 1
    errors = [line for line in runs.second.done.output.splitlines() if "error" in line.lower()]
    assert errors == [
        f"error: another run (process {runs.second.process}) makes the same results; wait for it, or stop it first"
    ]
    assert runs.second.done.output.strip().endswith(errors[0])
    logs = [path.read_text() for path in (runs.killed / ".snakemake" / "log").glob("*.log")]
    assert any(errors[0] in log for log in logs)


def test_a_dry_run_works_while_a_run_is_going_on(runs):
    assert runs.second.dry.status == 0
    assert "embed_tracks" in runs.second.dry.output


def test_a_run_goes_on_when_the_shell_that_started_it_ends(tmp_path):
    write_sounds(tmp_path / "audio")
    write_config(tmp_path)
    target = "embeddings/mine/clean/handcrafted-spectral.parquet"
    terminal = tmp_path / "terminal"
    terminal.touch()
    shell = subprocess.Popen(
        ["bash", "-c", '"$@" > terminal 2>&1 & read -r', "bash", *command(tmp_path, target)],
        cwd=tmp_path,
        stdin=subprocess.PIPE,
        start_new_session=True,
    )
    assert wait_until(lambda: processes_of(tmp_path, "embed_tracks.py"))
    # As when somebody logs out.
    shell.communicate(b"\n")
    assert wait_until(lambda: "Complete log" in terminal.read_text())
    assert (tmp_path / "results" / target).is_file(), terminal.read_text()
