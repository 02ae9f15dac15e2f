"""One file: whole and verified or not there, by one run at a time, with one clear error where it cannot be had."""

import threading
import time
from pathlib import Path

import pytest
from disks import no_file_above, read_only_folder
from faulty_server import CONTENT, MD5, SHA256, fetch, left_behind

from soundcheck.plumbing.downloads import fetching
from soundcheck.plumbing.errors import DownloadError


def test_a_file_arrives_whole_and_alone(server, target):
    assert fetch(server, target, sha256=SHA256, size=len(CONTENT)) == target
    assert target.read_bytes() == CONTENT
    assert left_behind(target) == ["notes.zip"]


def test_what_is_there_and_right_is_not_asked_for_again(server, target):
    fetch(server, target, sha256=SHA256)
    fetch(server, target, sha256=SHA256.upper())
    assert len(server.ranges) == 1


def test_what_is_there_and_wrong_is_replaced(server, target):
    target.parent.mkdir()
    target.write_bytes(b"half a file")
    fetch(server, target, sha256=SHA256)
    assert target.read_bytes() == CONTENT


def test_a_stale_start_is_noticed_by_the_digest_and_fetched_anew(server, target):
    target.parent.mkdir()
    (target.parent / "notes.zip.part").write_bytes(b"x" * 1000)
    fetch(server, target, sha256=SHA256)
    assert target.read_bytes() == CONTENT
    assert server.ranges == ["bytes=1000-", None]


@pytest.mark.parametrize("retry_after", [None, "0", "Wed, 21 Oct 2015 07:28:00 GMT", "soon"])
@pytest.mark.parametrize("fault", [503, 429])
def test_a_busy_server_is_asked_again(server, target, fault, retry_after):
    server.faults, server.retry_after = [fault, fault], retry_after
    fetch(server, target)
    assert target.read_bytes() == CONTENT


def test_a_wrong_digest_names_both_and_leaves_nothing(server, target):
    with pytest.raises(DownloadError, match=f"expected sha256 {'0' * 64}, found {SHA256}"):
        fetch(server, target, sha256="0" * 64)
    assert left_behind(target) == []


def test_a_wrong_md5_names_both_and_leaves_nothing(server, target):
    with pytest.raises(DownloadError, match=f"expected md5 {'0' * 32}, found {MD5}"):
        fetch(server, target, md5="0" * 32)
    assert left_behind(target) == []


def test_a_wrong_size_names_both(server, target):
    with pytest.raises(DownloadError, match=f"expected 5 bytes, found {len(CONTENT)}"):
        fetch(server, target, size=5)
    assert left_behind(target) == []


def test_an_absent_server_is_one_clear_error(target):
    with pytest.raises(DownloadError, match=r"connection failed.*after 2 attempts"):
        fetching.fetch("http://127.0.0.1:9/notes.zip", target, attempts=2, backoff_s=0)


def test_of_two_runs_at_once_the_second_waits_and_uses_what_the_first_received(server, target, capsys):
    go_on = threading.Event()
    server.before_answer = lambda: go_on.wait(10)
    results = []
    runs = [threading.Thread(target=lambda: results.append(fetch(server, target).read_bytes())) for _ in range(2)]
    for run in runs:
        run.start()
    said = ""
    while "another run downloads it; waiting" not in said:
        time.sleep(0.01)
        said += capsys.readouterr().err
    go_on.set()
    for run in runs:
        run.join()
    assert results == [CONTENT, CONTENT]
    assert len(server.ranges) == 1
    assert left_behind(target) == ["notes.zip"]


def test_a_disk_that_fills_up_is_one_clear_error_and_the_download_resumes(server, target):
    with no_file_above(200_000), pytest.raises(DownloadError, match=r"no space is left .* free some space and run ag"):
        fetch(server, target)
    assert not target.exists()
    assert len(server.ranges) == 1
    fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert server.ranges[1] not in (None, "bytes=0-")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_no_space_at_all_is_the_same_error(server, target):
    target.parent.mkdir()
    (target.parent / "notes.zip.part").symlink_to("/dev/full")
    with pytest.raises(DownloadError, match=r"no space is left .*No space left on device"):
        fetch(server, target)
    assert not target.exists()


@pytest.fixture
def read_only():
    with read_only_folder(there=CONTENT) as folder:
        yield folder


@pytest.mark.parametrize("name", ["notes.zip", "deep/notes.zip"])
def test_a_folder_that_cannot_be_written_to_is_one_clear_error(server, read_only, name):
    with pytest.raises(DownloadError, match=r"cannot be written to \(Permission denied\).*set `dir`"):
        fetch(server, read_only / name)
    assert server.ranges == []


def test_what_is_there_is_used_where_nothing_can_be_written(server, read_only):
    assert fetch(server, read_only / "there", sha256=SHA256).read_bytes() == CONTENT
    assert server.ranges == []
