"""However a job ends, one clear line reaches the terminal, and the status says that it failed."""

import subprocess
import sys
from pathlib import Path

import pytest

BEGIN = """
import os, signal, sys
from concurrent.futures import ProcessPoolExecutor
from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.plumbing.logs import logged_to

def killed():
    os.kill(os.getpid(), signal.SIGKILL)

class Stop(BaseException):
    pass

def work():
    print("working")
    {work}

if __name__ == "__main__":
    with logged_to({log!r}):
        work()
"""


@pytest.fixture
def run(tmp_path, repository):
    """The status of a job that does this, what it says on the terminal, and its log."""

    def run(work, log=tmp_path / "job.log"):
        (tmp_path / "their_code.py").write_text(BEGIN.format(work=work, log=str(log)))
        environment = {"PYTHONPATH": str(repository / "workflow" / "scripts")}
        command = [sys.executable, str(tmp_path / "their_code.py")]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.stdout == ""
        return done.returncode, done.stderr, log.read_text() if log.is_file() else ""

    return run


@pytest.mark.parametrize(
    ("work", "status", "said"),
    [
        ("raise SoundcheckError('one thing is wrong')", 1, "error: one thing is wrong\n"),
        ("1 / 0", 1, "error: ZeroDivisionError: division by zero (line 15 of their_code.py) (traceback in "),
        ("sys.exit(0)", 1, "error: the program was ended by what it ran, not by Soundcheck: SystemExit: 0 (line 15 of"),
        ("exit()", 1, "error: the program was ended by what it ran, not by Soundcheck: SystemExit"),
        ("raise Stop('of a framework')", 1, "error: Stop: of a framework (line 15 of their_code.py) (traceback in "),
        ("raise KeyboardInterrupt", 130, "error: interrupted (traceback in "),
        (
            "raise MemoryError",
            1,
            "error: MemoryError (line 15 of their_code.py): most likely the memory of this machine",
        ),
        (
            "ProcessPoolExecutor(1).submit(killed).result()",
            1,
            "most likely the memory of this machine, or what the job may use of it, was used up. Give jobs more",
        ),
        ("raise OSError(28, 'No space left on device')", 1, "is full. What is complete is kept: free some space there"),
    ],
)
def test_whatever_ends_a_job_is_one_line_and_never_success(run, work, status, said):
    returned, terminal, log = run(work)
    assert returned == status
    assert said in terminal
    assert terminal.count("\n") == 1
    assert log.startswith("working\n")
    assert log.endswith(terminal)
    assert ("Traceback" in log) == ("SoundcheckError" not in work)


def test_a_job_that_ends_well_says_nothing(run):
    assert run("pass") == (0, "", "working\n")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_message_is_not_lost_with_a_log_on_a_full_disk(run):
    full = Path("/dev/full")
    returned, terminal, _ = run("raise SoundcheckError('one thing is wrong')", full)
    assert (returned, terminal) == (1, "error: one thing is wrong\n")
    returned, terminal, _ = run("raise OSError(28, 'No space left on device')", full)
    assert returned == 1
    assert "No space left on device" in terminal
    assert terminal.count("\n") == 1
    assert run("pass", full)[:2] == (0, "")


def test_a_log_that_cannot_be_opened_is_one_line(run, tmp_path):
    (tmp_path / "file").touch()
    returned, terminal, _ = run("pass", tmp_path / "file" / "job.log")
    assert returned == 1
    assert terminal.startswith("error: the log cannot be written: ")
    assert terminal.count("\n") == 1
