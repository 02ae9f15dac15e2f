"""Archives: unpacked inside their folder, which appears whole or not at all; split ones are joined."""

import io
import os
import tarfile
import tempfile
import zipfile

import pytest
from disks import no_file_above, read_only_folder

from soundcheck.plumbing.downloads import archives
from soundcheck.plumbing.errors import DownloadError

CONTENT = bytes(range(256)) * 2000


@pytest.fixture
def read_only():
    with read_only_folder(there=CONTENT) as folder:
        yield folder


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
    folder = archives.unpack(PACKERS[name](tmp_path / name, members), tmp_path / "out", strip=1, only="audio/*")
    found = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert found == {"audio/x/1.mp3": b"1", "audio/2.mp3": b"2"}


@pytest.mark.parametrize("name", PACKERS)
@pytest.mark.parametrize("member", ["../evil.txt", "a/../../evil.txt", "/tmp/evil.txt", "..\\evil.txt", "C:\\evil.txt"])
def test_a_member_that_would_land_outside_is_refused_and_nothing_is_unpacked(tmp_path, name, member):
    archive = PACKERS[name](tmp_path / name, {"good.txt": b"good", member: b"evil"})
    with pytest.raises(DownloadError, match="outside the folder"):
        archives.unpack(archive, tmp_path / "out")
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
            archives.unpack(tmp_path / name, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", PACKERS)
def test_a_damaged_archive_leaves_no_folder(tmp_path, name):
    archive = PACKERS[name](tmp_path / name, {"1.bin": b"a" * 1000, "2.bin": os.urandom(100_000)})
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 0xFF
    archive.write_bytes(data)
    with pytest.raises(DownloadError, match="damaged"):
        archives.unpack(archive, tmp_path / "out")
    assert sorted(os.listdir(tmp_path)) == [name]


def test_what_is_no_archive_is_named(tmp_path):
    (tmp_path / "a.zip").write_bytes(b"<html>")
    with pytest.raises(DownloadError, match="neither a zip nor a tar"):
        archives.unpack(tmp_path / "a.zip", tmp_path / "out")


def test_an_archive_without_the_wanted_files_is_an_error(tmp_path):
    with pytest.raises(DownloadError, match="no file in it matches 'audio/"):
        archives.unpack(zipped(tmp_path / "a.zip", {"x": b""}), tmp_path / "out", only="audio/*")


def test_a_folder_that_holds_something_is_left_alone(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").write_text("mine")
    with pytest.raises(DownloadError, match="is not empty"):
        archives.unpack(zipped(tmp_path / "a.zip", {"x": b"x"}), tmp_path / "out")
    assert os.listdir(tmp_path / "out") == ["mine"]


def test_what_a_killed_run_left_is_not_mixed_in(tmp_path):
    (tmp_path / ".out.unpacking").mkdir()
    (tmp_path / ".out.unpacking" / "half").write_text("half")
    archives.unpack(zipped(tmp_path / "a.zip", {"x": b"x"}), tmp_path / "out")
    assert os.listdir(tmp_path / "out") == ["x"]


def in_parts(path, content, n_parts):
    """Parts as `split` makes them: `<name>.001`, `<name>.002` ..."""
    length = -(-len(content) // n_parts)
    parts = [path.with_name(f"{path.name}.{i + 1:03}") for i in range(n_parts)]
    for i, part in enumerate(parts):
        part.write_bytes(content[i * length : (i + 1) * length])
    return parts


def test_the_parts_of_a_split_archive_are_joined_and_unpacked(tmp_path):
    archive = zipped(tmp_path / "a.zip", {"x/1.bin": CONTENT, "x/2.bin": b"2"})
    parts = in_parts(tmp_path / "mp3.zip", archive.read_bytes(), 3)
    whole = archives.join(parts, tmp_path / "mp3.zip")
    assert whole.read_bytes() == archive.read_bytes()
    assert (archives.unpack(whole, tmp_path / "out") / "x" / "1.bin").read_bytes() == CONTENT


def test_joining_again_does_nothing_and_a_shorter_file_is_replaced(tmp_path):
    parts = in_parts(tmp_path / "a", CONTENT, 3)
    whole = archives.join(parts, tmp_path / "a")
    before = whole.stat().st_mtime_ns
    assert archives.join(parts, whole).stat().st_mtime_ns == before
    whole.write_bytes(CONTENT[:99])
    assert archives.join(parts, whole).read_bytes() == CONTENT


def test_a_missing_part_is_named_and_nothing_is_joined(tmp_path):
    parts = in_parts(tmp_path / "a", CONTENT, 3)
    parts[1].unlink()
    with pytest.raises(DownloadError, match=r"cannot join a: its part '.*a.002' is not there"):
        archives.join(parts, tmp_path / "a")
    assert sorted(os.listdir(tmp_path)) == ["a.001", "a.003"]


def test_a_disk_that_fills_up_while_joining_leaves_no_file(tmp_path):
    parts = in_parts(tmp_path / "a", CONTENT, 3)
    with no_file_above(200_000), pytest.raises(DownloadError, match=r"cannot join a: no space is left"):
        archives.join(parts, tmp_path / "a")
    assert sorted(os.listdir(tmp_path)) == ["a.001", "a.002", "a.003"]


def test_a_disk_that_fills_up_while_unpacking_leaves_no_folder(tmp_path):
    archive = zipped(tmp_path / "a.zip", {"1.bin": b"1", "2.bin": CONTENT})
    with no_file_above(200_000), pytest.raises(DownloadError, match=r"cannot unpack .*no space is left"):
        archives.unpack(archive, tmp_path / "out")
    assert sorted(os.listdir(tmp_path)) == ["a.zip"]


def test_nothing_is_unpacked_or_joined_into_a_folder_that_cannot_be_written_to(read_only):
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as writer:
        writer.writestr("x", b"x")
    with tempfile.NamedTemporaryFile(suffix=".zip") as file:
        file.write(archive.getvalue())
        file.flush()
        with pytest.raises(DownloadError, match="cannot be written to"):
            archives.unpack(file.name, read_only / "out")
        with pytest.raises(DownloadError, match="cannot be written to"):
            archives.join([file.name], read_only / "whole.zip")
    assert os.listdir(read_only) == ["there"]
