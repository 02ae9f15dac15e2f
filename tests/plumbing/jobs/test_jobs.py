"""Memory that is freed is used again, not asked for anew."""

import platform
import subprocess
import sys

import pytest

FAULTS = """
import resource
import sys

import numpy as np

from soundcheck.plumbing.jobs import keep_freed_memory

assert not {keep} or keep_freed_memory()


def work():
    arrays = [np.ones(3_000_000 + 1000 * number, np.float32) for number in range(5)]
    return sum(float(array[-1]) for array in arrays)


for _ in range(3):
    work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(5):
    work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(keep, path):
    command = [sys.executable, "-c", FAULTS.format(keep=keep)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={"PYTHONPATH": str(path)})
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="settings of glibc")
def test_arrays_of_some_megabytes_cost_new_pages_once(repository):
    library = repository / "workflow" / "scripts"
    assert faults(True, library) < 0.1 * faults(False, library)
