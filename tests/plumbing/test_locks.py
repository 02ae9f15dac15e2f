"""The lock of a working directory: one run at a time, and none that a killed process leaves behind."""

import signal
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
