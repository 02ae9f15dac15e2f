"""Files are complete or absent, also where processes are killed, or write the same one at once."""

import os
import subprocess
import sys
import time

import pytest

from soundcheck.plumbing.files import atomic, csv_rows


def test_a_file_appears_when_it_is_complete(tmp_path):
    path = tmp_path / "new" / "scores.csv"
    with atomic(path) as temporary:
        temporary.write_text("whole")
        assert not path.exists()
    assert path.read_text() == "whole"
    assert os.listdir(path.parent) == ["scores.csv"]


def test_what_raises_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "scores.csv"
    path.write_text("old")
    with pytest.raises(ValueError, match="not in fieldnames"), csv_rows(path, ["a"]) as write:
        write({"b": 1})
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["scores.csv"]


def test_what_a_killed_job_left_of_the_same_file_is_removed(tmp_path):
    path, other = tmp_path / "m[1].csv", tmp_path / "m[1].csv.csv"
    for each in (path, path, other):
        if os.fork() == 0:
            with atomic(each):
                os._exit(1)
        os.wait()
    (left_of_path, left_of_other) = sorted(os.listdir(tmp_path), key=len)
    with atomic(path) as temporary:
        temporary.write_text("whole")
    assert sorted(os.listdir(tmp_path)) == [left_of_other, "m[1].csv"]
    assert left_of_path.startswith(".m[1].csv.")


WRITER = """
import sys, time
from pathlib import Path
from soundcheck.plumbing.files import atomic

folder, start = Path(sys.argv[1]), float(sys.argv[2])
for number in range(60):
    time.sleep(max(0.0, start + 0.01 * number - time.time()))
    with atomic(folder / f"{number}.sha256") as temporary:
        temporary.write_text("digest")
"""


def test_several_processes_that_write_the_same_files_at_once_all_succeed(tmp_path, repository):
    command = [sys.executable, "-c", WRITER, str(tmp_path), str(time.time() + 2)]
    environment = {"PYTHONPATH": str(repository / "workflow" / "scripts")}
    runs = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True) for _ in range(4)]
    assert [run.communicate(timeout=60)[1] for run in runs] == [""] * 4
    assert [run.returncode for run in runs] == [0] * 4
    assert sorted(os.listdir(tmp_path)) == sorted(f"{number}.sha256" for number in range(60))
    assert {path.read_text() for path in tmp_path.iterdir()} == {"digest"}


def test_what_nobody_here_can_know_to_be_left_behind_is_removed_after_a_day(tmp_path):
    path = tmp_path / "w.sha256"
    elsewhere, of_before = tmp_path / ".w.sha256.ffff1-abcdefgh.sha256", tmp_path / ".w.sha256.abcdefgh.sha256"
    for left in (elsewhere, of_before):
        left.touch()
    with atomic(path), atomic(path):
        assert len(os.listdir(tmp_path)) == 4
    for left in (elsewhere, of_before):
        os.utime(left, (0, time.time() - 25 * 3600))
    with atomic(path):
        pass
    assert os.listdir(tmp_path) == ["w.sha256"]
