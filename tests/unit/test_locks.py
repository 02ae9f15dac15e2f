"""The lock of a working directory: one run at a time, and none that a killed process leaves behind."""

import signal
import subprocess
import sys
import time

import pytest

from soundcheck.errors import SoundcheckError
from soundcheck.locks import hold_lock

HOLD = """
import sys, time
from soundcheck.locks import hold_lock
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
