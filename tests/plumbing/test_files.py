import os

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
