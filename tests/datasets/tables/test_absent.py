"""Files that a table names and that are not there: the message says what differs."""

import os

import pytest

from soundcheck.datasets import index, sources
from soundcheck.datasets.sources import folder
from soundcheck.datasets.support.tables.absent import difference
from soundcheck.plumbing.errors import SoundcheckError


@pytest.mark.parametrize(
    ("path", "there", "said"),
    [
        ("x/a.mp3", "x/a.wav", "in its suffix"),
        ("0", "000000.wav", "in its zeros"),
        ("track_7.wav", "track_007.mp3", "in its zeros"),
        ("low_00.wav", "low/00.wav", "in its marks or folders"),
        ("a%20b.wav", "a b.wav", "in its marks or folders"),
        ("audio/a-b.mp3", "deep/a_b.wav", "in its folder, marks or suffix"),
        ("audio/7.mp3", "deep/007.wav", "in its folder, zeros, marks or suffix"),
    ],
)
def test_the_message_says_what_is_written_otherwise(path, there, said):
    found = difference(["nothing-like-it.wav", path], ["zzz/other.wav", there])
    assert found == f"There is '{there}', which differs from '{path}' {said}: write paths as the files are called"


def test_the_nearest_file_is_named_and_none_where_none_is_near():
    assert difference(["recording-of-a-cello.wav"], ["recordings-of-cello.flac"]) == (
        "The nearest file to 'recording-of-a-cello.wav' is 'recordings-of-cello.flac'"
    )
    assert difference(["a.wav"], ["zzzzzzzzz.flac"]) is None
    assert difference(["a.wav"], []) is None


def write(root, text, *names):
    for name in names:
        path = os.path.join(os.fsencode(root), name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(b"audio")
    (root / "t.csv").write_text(text)
    return root


def test_none_of_the_files_is_refused_with_the_difference(tmp_path):
    write(tmp_path, "path,label\nlow/00.mp3,x\nlow/01.mp3,y\n", b"low/00.wav", b"low/01.wav")
    with pytest.raises(
        SoundcheckError, match=r"none of its 2 files .* There is 'low/00.wav', which differs from 'low/00"
    ):
        folder.tracks(tmp_path, csv="t.csv")


def test_spaces_around_a_name_are_found(tmp_path):
    write(tmp_path, "path,label\n lead.wav,x\nx/a.wav,y\nzero.wav\u200b,z\n", b" lead.wav", b"x /a.wav", b"zero.wav")
    assert list(folder.tracks(tmp_path, csv="t.csv")["path"]) == [" lead.wav", "x /a.wav", "zero.wav"]


@pytest.mark.parametrize("path", [".", "..", "/", "x/..", "./"])
def test_a_path_that_names_no_file_is_refused_with_its_row(tmp_path, path):
    write(tmp_path, f"path,label\na.wav,x\n{path},y\n", b"a.wav")
    with pytest.raises(SoundcheckError, match="rows 3: a 'path' that names no file"):
        folder.tracks(tmp_path, csv="t.csv")


def test_a_path_that_no_system_takes_is_a_missing_file(tmp_path):
    write(tmp_path, f"path,label\na.wav,x\n{'long' * 200}.wav,y\n", b"a.wav")
    table, _ = index.index(folder, tmp_path, "mine", {"csv": "t.csv"})
    assert all(table["left_out"].to_pylist())


def test_two_ways_to_one_file_are_the_same_path(tmp_path):
    write(tmp_path, "path,label\nx/a.wav,x\ny/../x/a.wav,y\n", b"x/a.wav", b"y/b.wav")
    with pytest.raises(SoundcheckError, match=r"rows 2, 3: the same path 'x/a\.wav'"):
        folder.tracks(tmp_path, csv="t.csv")


def test_a_name_that_is_no_text_is_left_out_and_shown_readably(tmp_path):
    write(tmp_path, "", b"oboe/caf\xe9.wav", b"oboe/b.wav", b"fl\xfbte/c.wav", b"fl\xfbte/d.wav")
    assert sources.provide("folder", "mine", tmp_path)["n_files"] == 4
    table, metadata = index.index(folder, tmp_path, "mine")
    rows = {row["path"]: row for row in table.to_pylist()}
    assert rows["oboe/caf\\xe9.wav"]["left_out"] == r"the name 'caf\xe9.wav' is not UTF-8: rename it"
    assert rows["oboe/caf\\xe9.wav"]["labels"] == ["oboe"]
    assert rows["fl\\xfbte/c.wav"]["left_out"] == r"the name 'fl\xfbte' is not UTF-8: rename it"
    assert metadata["n_left_out"] == 4
    assert table["track_id"].to_pylist() == sorted(set(table["track_id"].to_pylist()))


def test_a_name_that_is_no_text_stops_neither_a_table_nor_its_advice(tmp_path):
    write(tmp_path, "path,label\nb.wav,x\n", b"b.wav", b"caf\xe9.wav")
    assert list(folder.tracks(tmp_path, csv="t.csv")["path"]) == ["b.wav"]
    write(tmp_path, "file_name,label\nb.wav,x\n")
    (tmp_path / "t.csv").rename(tmp_path / "metadata.csv")
    table, _ = index.index(folder, tmp_path, "mine")
    assert dict(zip(table["path"].to_pylist(), table["left_out"].to_pylist(), strict=True))["caf\\xe9.wav"]
    write(tmp_path, "path,label\ncaf.wav,x\n")
    with pytest.raises(SoundcheckError, match=r"There is 'caf\\xe9\.wav', which differs from 'caf\.wav'") as error:
        folder.tracks(tmp_path, csv="t.csv")
    str(error.value).encode()


def test_a_path_is_relative_to_the_folder_of_audio_also_where_it_begins_like_it(tmp_path, monkeypatch):
    other = tmp_path / "elsewhere" / "o.wav"
    write(tmp_path, "", b"audio/audio/a.wav", b"audio/b.wav", b"elsewhere/o.wav")
    for below in (tmp_path / "audio", tmp_path):
        (below / "t.csv").write_text(f"path,label\naudio/a.wav,x\n{tmp_path / 'audio' / 'b.wav'},y\n{other},z\n")
    monkeypatch.chdir(tmp_path)
    for root in ("audio", tmp_path / "audio"):
        assert list(folder.tracks(root, csv="t.csv")["path"]) == ["audio/a.wav", "b.wav", str(other)]
