"""Several files at once: announced, checked against the disk, each handed over when it is complete."""

import shutil
import threading
from collections import namedtuple

import pytest
from faulty_server import CONTENT, SHA256

from soundcheck.plumbing import downloads
from soundcheck.plumbing.downloads.remote import Remote
from soundcheck.plumbing.errors import DownloadError

NAMES = ("a.bin", "b.bin", "parts/c.bin")
Usage = namedtuple("Usage", "total used free")


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
