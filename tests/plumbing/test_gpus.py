"""Jobs that use a GPU at the same time each have one of their own."""

import os
import subprocess
import sys

import pytest

from soundcheck.plumbing.devices import VISIBLE, gpus

TAKE = """
import os, sys
from pathlib import Path
from soundcheck.plumbing.devices import VISIBLE, gpus, take_a_gpu
take_a_gpu(gpus(Path(sys.argv[1])), Path(sys.argv[2]))
print(os.environ.get(VISIBLE, "none"), *(name for name in ("torch", "tensorflow") if name in sys.modules), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def of_the_driver(tmp_path):
    """The folder of a machine with two GPUs."""
    for name in ("0000:01:00.0", "0000:02:00.0"):
        (tmp_path / "gpus" / name).mkdir(parents=True)
    return tmp_path / "gpus"


@pytest.fixture
def job(tmp_path, of_the_driver, repository):
    """Starts a job, a process that takes a GPU and goes on until it is told to end; and which it has taken."""
    started = []

    def start(**variables):
        environment = {name: value for name, value in os.environ.items() if name != VISIBLE} | variables
        # A machine's own GPUs are of no interest here.
        environment |= {"PYTHONPATH": str(repository / "workflow" / "scripts"), "PATH": ""}
        process = subprocess.Popen(
            [sys.executable, "-c", TAKE, of_the_driver, tmp_path / "locks"],
            env=environment,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        started.append(process)
        return process, process.stdout.readline().strip()

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_each_job_has_a_gpu_of_its_own_and_gives_it_back_however_it_ends(job):
    first, gpu_of_first = job()
    _, gpu_of_second = job()
    assert {gpu_of_first, gpu_of_second} == {"0", "1"}
    first.kill()
    first.wait()
    _, gpu_of_third = job()
    assert gpu_of_third == gpu_of_first


def test_more_jobs_than_gpus_share_and_say_so(job):
    job()
    job()
    third, line = job()
    assert line.startswith("note: more jobs use a GPU than there are (2)")
    assert third.stdout.readline().strip() in ("0", "1")


@pytest.mark.parametrize("chosen", ["1", "", "GPU-1234"])
def test_what_a_scheduler_or_the_user_has_chosen_stays(job, chosen):
    for _ in range(2):
        _, gpu = job(**{VISIBLE: chosen})
        assert gpu == chosen


def test_without_gpus_nothing_is_chosen(job, of_the_driver):
    for entry in of_the_driver.iterdir():
        entry.rmdir()
    assert job()[1] == "none"


LISTED = """\
GPU 0: NVIDIA A100 (UUID: GPU-5a1f0c7e-0000-1111-2222-333344445555)
GPU 1: NVIDIA A100 (UUID: GPU-6b2e1d8f-0000-1111-2222-333344445555)
"""
PARTS = """\
GPU 0: NVIDIA A100 (UUID: GPU-5a1f0c7e-0000-1111-2222-333344445555)
  MIG 3g.20gb     Device  0: (UUID: MIG-77aa0c7e-0000-1111-2222-333344445555)
  MIG 3g.20gb     Device  1: (UUID: MIG-88aa0c7e-0000-1111-2222-333344445555)
"""


@pytest.mark.parametrize(("listed", "first", "count"), [(LISTED, "GPU-5a1f", 2), (PARTS, "MIG-77aa", 2)])
def test_gpus_are_those_that_the_driver_lists_and_their_parts(listed, first, count, tmp_path, monkeypatch):
    program = tmp_path / "nvidia-smi"
    program.write_text(f"#!/bin/sh\ncat <<'END'\n{listed}END\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    found = gpus(tmp_path / "none")
    assert len(found) == count
    assert found[0].startswith(first)
