import contextlib
import hashlib
import shutil
import threading
import time
from collections import namedtuple
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from disks import no_file_above, read_only_folder

from soundcheck import downloads
from soundcheck.downloads import DownloadError, Remote

CONTENT = bytes(range(256)) * 2000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves one file; each request takes the next fault from `faults`, and none once they are used up."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.etag, self.faults, self.ranges = CONTENT, '"1"', [], []
        self.missing, self.before_answer = set(), lambda: None
        self.url = f"http://127.0.0.1:{self.server_port}/notes.zip"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_HEAD(self):
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()

    def do_GET(self):
        server = self.server
        if self.path in server.missing:
            return self.answer(404, b"")
        wanted = self.headers.get("Range")
        server.ranges.append(wanted)
        server.before_answer()
        fault = server.faults.pop(0) if server.faults else None
        if isinstance(fault, int):
            return self.answer(fault, b"")
        if fault == "slow":
            return self.drip(5.0)
        if fault == "html":
            return self.answer(200, b"<!DOCTYPE html><title>Please log in</title>", {"Content-Type": "text/html"})
        start = 0
        current = self.headers.get("If-Range") in (None, server.etag)
        if wanted and current and fault != "ignores range":
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
        if start >= len(server.content):
            return self.answer(416, b"", {"Content-Range": f"bytes */{len(server.content)}"})
        end = len(server.content)
        if fault == "short range":
            end = start + 1000
        elif fault == "other range":
            start, end = 1000, 1000 + end - start
        headers = {"ETag": server.etag} if server.etag else {}
        if start:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(server.content)}"
        self.answer(206 if start else 200, server.content[start:end], headers, cut=fault == "cut")

    def drip(self, seconds):
        """Send the file in a trickle, until the other side has had enough."""
        n_pieces = int(seconds * 200)
        self.send_response(200)
        self.send_header("Content-Length", str(n_pieces * (1 << 14)))
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            for _ in range(n_pieces):
                self.wfile.write(bytes(1 << 14))
                time.sleep(0.005)
        self.close_connection = True

    def answer(self, status, body, headers=None, cut=False):
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[: len(body) // 2] if cut else body)
        if cut:
            self.wfile.flush()
            self.close_connection = True


@pytest.fixture
def server():
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def target(tmp_path):
    return tmp_path / "data" / "notes.zip"


def fetch(server, target, **arguments):
    return downloads.fetch(server.url, target, **({"backoff_s": 0, "attempts": 3} | arguments))


def left_behind(target):
    return sorted(path.name for path in target.parent.iterdir())


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


def test_a_stale_start_is_noticed_by_the_digest_and_fetched_anew(server, target):
    target.parent.mkdir()
    (target.parent / "notes.zip.part").write_bytes(b"x" * 1000)
    fetch(server, target, sha256=SHA256)
    assert target.read_bytes() == CONTENT
    assert server.ranges == ["bytes=1000-", None]


def test_a_part_file_that_is_already_whole_is_accepted(server, target):
    target.parent.mkdir()
    (target.parent / "notes.zip.part").write_bytes(CONTENT)
    fetch(server, target, sha256=SHA256)
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("fault", [503, 429])
def test_a_busy_server_is_asked_again(server, target, fault):
    server.faults = [fault, fault]
    fetch(server, target)
    assert target.read_bytes() == CONTENT


def test_a_missing_file_is_asked_for_once_and_the_error_names_it(server, target):
    server.faults = [404]
    with pytest.raises(DownloadError, match="HTTP 404") as error:
        fetch(server, target)
    assert server.url in str(error.value)
    assert "notes.zip" in str(error.value)
    assert len(server.ranges) == 1


def test_a_wrong_digest_names_both_and_leaves_nothing(server, target):
    with pytest.raises(DownloadError, match=f"expected sha256 {'0' * 64}, found {SHA256}"):
        fetch(server, target, sha256="0" * 64)
    assert left_behind(target) == []


def test_a_wrong_md5_names_both_and_leaves_nothing(server, target):
    with pytest.raises(DownloadError, match=f"expected md5 {'0' * 32}, found {MD5}"):
        fetch(server, target, md5="0" * 32)
    assert left_behind(target) == []


def test_with_an_md5_alone_a_download_can_be_resumed(server, target):
    server.faults, server.etag = ["cut"], None
    fetch(server, target, md5=MD5)
    assert target.read_bytes() == CONTENT
    assert server.ranges[1] is not None


def test_a_wrong_size_names_both(server, target):
    with pytest.raises(DownloadError, match=f"expected 5 bytes, found {len(CONTENT)}"):
        fetch(server, target, size=5)
    assert left_behind(target) == []


def test_a_web_page_is_not_taken_for_the_file(server, target):
    server.faults = ["html"]
    with pytest.raises(DownloadError, match="a web page, not the file"):
        fetch(server, target)
    assert not target.exists()


def test_an_absent_server_is_one_clear_error(target):
    with pytest.raises(DownloadError, match=r"connection failed.*after 2 attempts"):
        downloads.fetch("http://127.0.0.1:9/notes.zip", target, attempts=2, backoff_s=0)


# --- several files ---------------------------------------------------------------------------------------------------

NAMES = ("a.bin", "b.bin", "parts/c.bin")


def remotes(server, names=NAMES, **known):
    base = server.url.rpartition("/")[0]
    return [Remote(f"{base}/{name}", name, **known) for name in names]


def fetch_all(server, folder, names=NAMES, known=(), **arguments):
    arguments = {"attempts": 3, "backoff_s": 0} | arguments
    return downloads.fetch_all(remotes(server, names, **dict(known)), folder, "Notes", "CC0", **arguments)


def test_several_files_arrive_in_the_order_given(server, tmp_path):
    paths = fetch_all(server, tmp_path / "data")
    assert paths == [tmp_path / "data" / name for name in NAMES]
    assert all(path.read_bytes() == CONTENT for path in paths)
    assert len(list((tmp_path / "data").rglob("*"))) == len(NAMES) + 1


def test_parts_are_downloaded_at_the_same_time(server, tmp_path):
    # Each answer waits for another request: one after the other, none would ever be answered.
    server.before_answer = threading.Barrier(2, timeout=10).wait
    fetch_all(server, tmp_path, NAMES[:2], attempts=1)


def test_licence_size_and_space_are_shown_before_the_first_byte(server, tmp_path, capsys):
    shown = []
    server.before_answer = lambda: shown.append(capsys.readouterr().err)
    fetch_all(server, tmp_path, unpacked_bytes=2_000_000)
    assert f"Notes: 3 files to download, 1.54 MB, into '{tmp_path}'" in shown[0]
    assert "Licence: CC0" in shown[0]
    assert "Space needed: 3.54 MB, of which for unpacking 2 MB" in shown[0]
    assert "Space free:" in shown[0]


def test_what_is_there_is_neither_announced_nor_asked_for(server, tmp_path, capsys):
    fetch_all(server, tmp_path)
    capsys.readouterr()
    fetch_all(server, tmp_path)
    assert len(server.ranges) == len(NAMES)
    assert "download" not in capsys.readouterr().err


Usage = namedtuple("Usage", "total used free")


def free_space(monkeypatch, n_bytes):
    monkeypatch.setattr(shutil, "disk_usage", lambda path: Usage(10**12, 10**12 - n_bytes, n_bytes))


@pytest.mark.parametrize("known", [{}, {"size": len(CONTENT)}])
def test_a_disk_that_is_too_small_is_refused_before_the_start(server, tmp_path, monkeypatch, known):
    free_space(monkeypatch, 3 * len(CONTENT) + 999)
    with pytest.raises(DownloadError, match=r"Notes needs 1.54 MB .* and 1.54 MB are free. Nothing was downloaded"):
        fetch_all(server, tmp_path / "data", known=known, unpacked_bytes=1000)
    assert server.ranges == []
    assert not (tmp_path / "data").exists()


def test_what_was_received_needs_no_space_again(server, tmp_path, monkeypatch):
    (tmp_path / "a.bin.part").write_bytes(CONTENT[:1000])
    free_space(monkeypatch, 3 * len(CONTENT) - 1000)
    fetch_all(server, tmp_path, known={"sha256": SHA256})
    assert "bytes=1000-" in server.ranges


def test_of_several_files_the_one_that_is_missing_is_named_and_the_rest_is_not_fetched_again(server, tmp_path):
    server.missing.add("/b.bin")
    with pytest.raises(DownloadError, match=r"cannot download b.bin from http.*HTTP 404"):
        fetch_all(server, tmp_path)
    assert not (tmp_path / "b.bin").exists()
    here = [name for name in NAMES if (tmp_path / name).exists()]
    assert all((tmp_path / name).read_bytes() == CONTENT for name in here)
    server.missing.clear()
    server.ranges.clear()
    assert all(path.read_bytes() == CONTENT for path in fetch_all(server, tmp_path))
    assert len(server.ranges) == len(NAMES) - len(here)


def test_a_failure_stops_the_other_downloads(server, tmp_path):
    server.missing.add("/b.bin")
    server.faults = ["slow"]
    with pytest.raises(DownloadError, match=r"b.bin.*HTTP 404"):
        fetch_all(server, tmp_path, NAMES[:2])
    assert not (tmp_path / "a.bin").exists()


def test_each_file_is_handed_over_when_it_is_complete(server, tmp_path):
    sizes = {}

    def take(path):
        sizes[path.name] = path.stat().st_size
        path.unlink()

    fetch_all(server, tmp_path, then=take)
    assert sizes == dict.fromkeys(("a.bin", "b.bin", "c.bin"), len(CONTENT))


# --- two runs, full disks, folders without the right to write --------------------------------------------------------


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


# --- archives --------------------------------------------------------------------------------------------------------
