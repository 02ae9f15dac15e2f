"""One attempt: what is missing is asked for, and what comes is believed only where it fits what is here."""

import re
import threading
import time

import pytest
from faulty_server import CONTENT, MD5, SHA256, fetch, left_behind, serving_over_tls

from soundcheck.plumbing.downloads import fetching, progress
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


@pytest.mark.parametrize("by", ["etag", "date"])
def test_a_part_of_another_version_is_not_believed_although_only_ours_was_asked_for(server, target, by):
    server.faults = ["cut", "ignores version"]
    if by == "date":
        server.etag, server.modified = None, "Wed, 21 Oct 2015 07:28:00 GMT"
    with pytest.raises(DownloadError, match="run again to resume"):
        fetch(server, target, attempts=1)
    server.content = CONTENT[::-1]
    server.etag, server.modified = (None, "Thu, 22 Oct 2015 07:28:00 GMT") if by == "date" else ('"2"', None)
    fetch(server, target)
    assert target.read_bytes() == CONTENT[::-1]
    assert server.ranges[1:] == [server.ranges[1], None]
    assert server.ranges[1] is not None
    assert left_behind(target) == ["notes.zip"]


def test_what_trickles_in_is_kept_and_said(server, target, monkeypatch, capsys):
    monkeypatch.setattr(progress, "SLOW_AFTER_S", 0.1)
    server.faults = ["trickle"]
    run = threading.Thread(target=lambda: fetch(server, target))
    run.start()
    part, seen = target.with_name("notes.zip.part"), set()
    while 20 not in seen:
        seen.add(part.stat().st_size if part.exists() else 0)
        time.sleep(0.005)
    assert len(seen) > 5
    server.go_on.set()
    run.join()
    assert target.read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=20-"]
    assert re.search(
        r"notes.zip: the server sends \d+ bytes a second; at this rate it takes \d+ hours", capsys.readouterr().err
    )


@pytest.mark.parametrize(("days", "why"), [(1, "self-signed certificate"), (-1, "certificate has expired")])
def test_a_certificate_that_cannot_be_verified_is_said_at_once(tmp_path, target, monkeypatch, days, why):
    with serving_over_tls(tmp_path / "certificate.pem", days) as server:
        if days < 0:
            monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "certificate.pem"))
        with pytest.raises(DownloadError, match=rf"certificate of 127.0.0.1 cannot be verified \({why}\): ") as error:
            fetch(server, target)
        assert "received" not in str(error.value)
        assert server.ranges == []


def test_a_certificate_of_ones_own_is_accepted_where_it_is_named(tmp_path, target, monkeypatch):
    with serving_over_tls(tmp_path / "certificate.pem") as server:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "certificate.pem"))
        fetch(server, target)
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://127.0.0.1:9/notes.zip", r"connection failed \(Connection refused\)"),
        (
            "http://no-such-host.invalid/notes.zip",
            r"the name no-such-host\.invalid cannot be resolved \(.*\): is there",
        ),
    ],
)
def test_a_server_that_cannot_be_reached_says_why_and_nothing_was_received(target, url, why):
    with pytest.raises(DownloadError, match=rf"{why}.*, after 2 attempts\. Run again later") as error:
        fetching.fetch(url, target, attempts=2, backoff_s=0)
    assert "received" not in str(error.value)


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
