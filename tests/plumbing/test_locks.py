"""The lock of a working directory: one run at a time, and none that a killed process leaves behind."""

import errno
import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest

from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.plumbing.locks import hold_lock, waiting_lock

HOLD = """
import sys, time
from soundcheck.plumbing.locks import hold_lock, waiting_lock
hold_lock(sys.argv[1])
print("held", flush=True)
time.sleep(60)
"""


def test_a_held_lock_is_refused_and_a_killed_holder_releases_it(tmp_path, repository):
    path = tmp_path / "deep" / "lock"
    environment = {"PYTHONPATH": str(repository / "workflow" / "scripts")}
    with subprocess.Popen([sys.executable, "-c", HOLD, str(path)], stdout=subprocess.PIPE, env=environment) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(SoundcheckError, match=f"process {holder.pid}"):
            hold_lock(path)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    for _ in range(50):
        try:
            hold_lock(path)
            return
        except SoundcheckError:
            time.sleep(0.1)
    pytest.fail("the lock of a killed process was not released")


def test_those_who_wait_come_one_at_a_time_and_nothing_is_left(tmp_path):
    inside, most, turns = [], [], []

    def work():
        for _ in range(20):
            with waiting_lock(tmp_path / "lock", "waiting"):
                inside.append(1)
                most.append(len(inside))
                turns.append(1)
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(turns) == 80
    assert max(most) == 1
    assert list(tmp_path.iterdir()) == []


def test_a_lock_is_released_when_the_work_fails(tmp_path):
    with pytest.raises(RuntimeError), waiting_lock(tmp_path / "lock", "waiting"):
        raise RuntimeError
    with waiting_lock(tmp_path / "lock", "waiting"):
        assert (tmp_path / "lock").exists()


NO_FLOCK = """
import errno, fcntl, os, sys
def no_flock(*_):
    raise OSError(int(sys.argv[2]), os.strerror(int(sys.argv[2])))
fcntl.flock = no_flock
"""


@pytest.fixture(params=["ENOLCK", "ENOSYS", "EOPNOTSUPP"])
def no_flock(request, monkeypatch):
    """A file system without locks, as Lustre mounted without `flock`; what it answers."""
    number = getattr(errno, request.param)

    def refuse(*_):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    return number


def test_without_locks_of_the_disk_a_marker_holds_and_a_killed_holder_releases_it(no_flock, tmp_path, repository):
    path = tmp_path / "deep" / "lock"
    environment = {"PYTHONPATH": str(repository / "workflow" / "scripts")}
    command = [sys.executable, "-c", NO_FLOCK + HOLD, str(path), str(no_flock)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as holder:
        assert holder.stdout.readline() == b"held\n"
        who = rf"another run \(process {holder.pid} on {re.escape(socket.gethostname())}\) .*remove '.*lock.held'"
        with pytest.raises(SoundcheckError, match=who):
            hold_lock(path)
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    hold_lock(path)


def test_without_locks_of_the_disk_those_who_wait_take_turns_and_nothing_is_left(no_flock, tmp_path, capsys):
    with waiting_lock(tmp_path / "lock", "waiting"):
        thread_done = threading.Event()

        def work():
            with waiting_lock(tmp_path / "lock", "waiting"):
                thread_done.set()

        waiting = threading.Thread(target=work)
        waiting.start()
        assert not thread_done.wait(0.5)
    waiting.join()
    assert thread_done.is_set()
    assert "waiting. If no such run is there any more, remove" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_cannot_be_written_to_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(SoundcheckError, match=r"cannot lock the results with .*lock' \("):
        hold_lock(tmp_path / "file" / "lock")
