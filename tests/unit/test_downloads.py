import hashlib
import io
import os
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from soundcheck import downloads
from soundcheck.downloads import DownloadError

CONTENT = bytes(range(256)) * 2000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server(ThreadingHTTPServer):
    """Serves one file; each request takes the next fault from `faults`, and none once they are used up."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.etag, self.faults, self.ranges = CONTENT, '"1"', [], []
        self.url = f"http://127.0.0.1:{self.server_port}/notes.zip"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        server = self.server
        wanted = self.headers.get("Range")
        server.ranges.append(wanted)
        fault = server.faults.pop(0) if server.faults else None
        if isinstance(fault, int):
            return self.answer(fault, b"")
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


def zipped(path, members):
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def tarred(path, members):
    with tarfile.open(path, "w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


PACKERS = {"a.zip": zipped, "a.tar.gz": tarred}


@pytest.mark.parametrize("name", PACKERS)
def test_archives_are_unpacked_with_folders_cut_and_files_chosen(tmp_path, name):
    members = {"top/audio/x/1.mp3": b"1", "top/README.md": b"r", "top/audio/2.mp3": b"2"}
    folder = downloads.unpack(PACKERS[name](tmp_path / name, members), tmp_path / "out", strip=1, only="audio/*")
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert found == {"audio/x/1.mp3": b"1", "audio/2.mp3": b"2"}


@pytest.mark.parametrize("name", PACKERS)
@pytest.mark.parametrize("member", ["../evil.txt", "a/../../evil.txt", "/tmp/evil.txt", "..\\evil.txt", "C:\\evil.txt"])
def test_a_member_that_would_land_outside_is_refused_and_nothing_is_unpacked(tmp_path, name, member):
    archive = PACKERS[name](tmp_path / name, {"good.txt": b"good", member: b"evil"})
    with pytest.raises(DownloadError, match="outside the folder"):
        downloads.unpack(archive, tmp_path / "out")
    assert sorted(os.listdir(tmp_path)) == [name]


def test_links_are_refused(tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        archive.addfile(link)
    info = zipfile.ZipInfo("link")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr(info, "/etc")
    for name in ("a.tar", "b.zip"):
        with pytest.raises(DownloadError, match="link or a device"):
            downloads.unpack(tmp_path / name, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", PACKERS)
def test_a_damaged_archive_leaves_no_folder(tmp_path, name):
    archive = PACKERS[name](tmp_path / name, {"1.bin": b"a" * 1000, "2.bin": os.urandom(100_000)})
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 0xFF
    archive.write_bytes(data)
    with pytest.raises(DownloadError, match="damaged"):
        downloads.unpack(archive, tmp_path / "out")
    assert sorted(os.listdir(tmp_path)) == [name]


def test_what_is_no_archive_is_named(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"<html>")
    with pytest.raises(DownloadError, match="neither a zip nor a tar"):
        downloads.unpack(tmp_path / "a.zip", tmp_path / "out")


def test_an_archive_without_the_wanted_files_is_an_error(tmp_path):
    with pytest.raises(DownloadError, match="no file in it matches 'audio/"):
        downloads.unpack(zipped(tmp_path / "a.zip", {"x": b""}), tmp_path / "out", only="audio/*")


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    with pytest.raises(DownloadError, match="is not empty"):
        downloads.unpack(zipped(tmp_path / "a.zip", {"x": b"x"}), tmp_path / "out")
    assert os.listdir(tmp_path / "out") == ["mine"]


def test_what_a_killed_run_left_is_not_mixed_in(tmp_path):
    (tmp_path / ".out.unpacking").mkdir()
    (tmp_path / ".out.unpacking" / "half").write_text("half")
    downloads.unpack(zipped(tmp_path / "a.zip", {"x": b"x"}), tmp_path / "out")
    assert os.listdir(tmp_path / "out") == ["x"]
