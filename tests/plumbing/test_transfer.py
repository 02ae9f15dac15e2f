"""One attempt: what is missing is asked for, and what comes is believed only where it fits what is here."""

import pytest
from faulty_server import CONTENT, MD5, SHA256, fetch, left_behind

from soundcheck.plumbing.errors import DownloadError


@pytest.mark.parametrize("sha256", [None, SHA256])
def test_a_cut_connection_is_resumed_where_it_broke(server, target, sha256):
    server.faults = ["cut"]
    fetch(server, target, sha256=sha256)
    assert target.read_bytes() == CONTENT
    assert server.ranges[0] is None
    assert 0 < int(server.ranges[1].removeprefix("bytes=").rstrip("-")) <= len(CONTENT) // 2


def test_an_interrupted_download_is_invisible_and_the_next_run_resumes_it(server, target):
    server.faults = ["cut"]
    with pytest.raises(DownloadError, match="run again to resume"):
        fetch(server, target, attempts=1)
    assert not target.exists()
    fetch(server, target, attempts=1)
    assert target.read_bytes() == CONTENT
    assert server.ranges[1] is not None
    assert left_behind(target) == ["notes.zip"]


def test_a_server_that_ignores_the_range_sends_the_file_anew(server, target):
    server.faults = ["cut", "ignores range"]
    fetch(server, target)
    assert target.read_bytes() == CONTENT


def test_a_server_that_sends_another_range_is_not_believed(server, target):
    server.faults = ["cut", "other range"]
    fetch(server, target)
    assert target.read_bytes() == CONTENT


def test_a_server_that_sends_less_than_asked_for_is_asked_for_the_rest(server, target):
    server.faults = ["cut", "short range", "short range"]
    fetch(server, target, attempts=4)
    assert target.read_bytes() == CONTENT
    assert len(server.ranges) == 4


def test_two_versions_of_a_file_are_never_mixed(server, target):
    server.faults = ["cut"]
    with pytest.raises(DownloadError):
        fetch(server, target, attempts=1)
    server.content, server.etag = CONTENT[::-1], '"2"'
    fetch(server, target)
    assert target.read_bytes() == CONTENT[::-1]


def test_without_a_version_or_digest_nothing_is_resumed(server, target):
    server.faults, server.etag = ["cut"], None
    fetch(server, target)
    assert target.read_bytes() == CONTENT
    assert server.ranges == [None, None]


def test_with_an_md5_alone_a_download_can_be_resumed(server, target):
    server.faults, server.etag = ["cut"], None
    fetch(server, target, md5=MD5)
    assert target.read_bytes() == CONTENT
    assert server.ranges[1] is not None


def test_a_part_file_that_is_already_whole_is_accepted(server, target):
    target.parent.mkdir()
    (target.parent / "notes.zip.part").write_bytes(CONTENT)
    fetch(server, target, sha256=SHA256)
    assert target.read_bytes() == CONTENT


def test_a_missing_file_is_asked_for_once_and_the_error_names_it(server, target):
    server.faults = [404]
    with pytest.raises(DownloadError, match="HTTP 404") as error:
        fetch(server, target)
    assert server.url in str(error.value)
    assert "notes.zip" in str(error.value)
    assert len(server.ranges) == 1


def test_a_web_page_is_not_taken_for_the_file(server, target):
    server.faults = ["html"]
    with pytest.raises(DownloadError, match="a web page, not the file"):
        fetch(server, target)
    assert not target.exists()
