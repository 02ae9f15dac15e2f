"""A dataset's folder appears when it is complete, and is never written to again."""

import os
import threading
import time

import pytest
from disks import read_only_folder

from soundcheck.plumbing.downloads.folders import install
from soundcheck.plumbing.errors import DownloadError


def make(work):
    (work / "complete").mkdir()
    (work / "complete" / "x.wav").write_bytes(b"x")
    (work / "archive.zip").write_bytes(b"zip")
    return work / "complete"


@pytest.mark.parametrize("exists", [False, True])
def test_an_absent_or_empty_folder_is_made_and_nothing_else_is_left(tmp_path, exists):
    folder = tmp_path / "data" / "notes"
    if exists:
        folder.mkdir(parents=True)
    assert install(folder, "Notes", make)
    assert os.listdir(folder) == ["x.wav"]
    assert os.listdir(folder.parent) == ["notes"]


def test_a_folder_that_holds_anything_is_used_as_it_is(tmp_path):
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "mine.wav").write_bytes(b"mine")
    assert not install(tmp_path / "notes", "Notes", make)
    assert os.listdir(tmp_path) == ["notes"]
    assert os.listdir(tmp_path / "notes") == ["mine.wav"]


def test_a_failure_shows_no_folder_and_keeps_what_was_received(tmp_path):
    def fail(work):
        (work / "archive.zip.part").write_bytes(b"half")
        raise DownloadError("HTTP 404")

    with pytest.raises(DownloadError, match="404"):
        install(tmp_path / "notes", "Notes", fail)
    assert not (tmp_path / "notes").exists()
    assert (tmp_path / "notes.download" / "archive.zip.part").read_bytes() == b"half"
    assert install(tmp_path / "notes", "Notes", make)
    assert os.listdir(tmp_path) == ["notes"]


def test_a_link_to_another_disk_stays_a_link(tmp_path):
    (tmp_path / "scratch").mkdir()
    (tmp_path / "notes").symlink_to(tmp_path / "scratch")
    install(tmp_path / "notes", "Notes", make)
    assert (tmp_path / "notes").is_symlink()
    assert os.listdir(tmp_path / "scratch") == ["x.wav"]


def test_of_two_runs_at_once_one_makes_the_folder_and_the_other_waits_for_it(tmp_path, capsys):
    go_on = threading.Event()
    makers = []

    def slowly(work):
        makers.append(work)
        go_on.wait(10)
        return make(work)

    made = []
    runs = [threading.Thread(target=lambda: made.append(install(tmp_path / "notes", "Notes", slowly))) for _ in "12"]
    for run in runs:
        run.start()
    said = ""
    while "Notes: another run downloads it" not in said:
        time.sleep(0.01)
        said += capsys.readouterr().err
    assert not (tmp_path / "notes").exists()
    go_on.set()
    for run in runs:
        run.join()
    assert sorted(made) == [False, True]
    assert len(makers) == 1
    assert os.listdir(tmp_path / "notes") == ["x.wav"]


@pytest.mark.parametrize("name", ["notes", "deep/notes"])
def test_a_place_that_cannot_be_written_to_is_one_clear_error(name):
    with (
        read_only_folder() as folder,
        pytest.raises(DownloadError, match=r"cannot install Notes: .*cannot be written to .*set `dir`"),
    ):
        install(folder / name, "Notes", make)


def test_a_dataset_that_is_there_is_used_where_nothing_can_be_written():
    with read_only_folder(song=b"audio") as folder:
        assert not install(folder, "Notes", make)
