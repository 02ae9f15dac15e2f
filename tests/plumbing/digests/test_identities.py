"""What a user's files are: told apart by content, size, time and place; the same in every order and on every run."""

import os

import pytest

from soundcheck.plumbing.digests.identities import identity, modules_beside, named_outside

LARGE = bytes(2 << 20)


@pytest.fixture
def audio(tmp_path):
    folder = tmp_path / "audio"
    for name in ("a/1.wav", "a/2.wav", "b/3.WAV", "b/notes.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(name.encode())
    return folder


@pytest.fixture
def seen(audio, monkeypatch):
    """What a run that is planned now knows of the folder; each run looks anew."""

    def look(**options):
        monkeypatch.setattr("soundcheck.plumbing.digests.identities._LISTINGS", {})
        return identity(audio, **options)

    return look


def test_nothing_has_no_identity_and_is_looked_for_again(tmp_path):
    assert identity() == identity(tmp_path / "missing") == identity(tmp_path) == ""
    (tmp_path / "file.wav").write_bytes(b"1")
    assert identity(tmp_path) != ""


@pytest.mark.parametrize("content", [b"2", LARGE + b"2"])
def test_another_file_of_equal_size_is_another_one_also_if_it_is_older(tmp_path, content):
    path = tmp_path / "file"
    path.write_bytes(content)
    before = identity(path)
    assert identity(path) == before
    path.write_bytes(content[:-1] + b"3")
    os.utime(path, (1, 1))
    assert identity(path) != before


def test_of_a_small_file_the_content_counts_and_not_its_time(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("path,label")
    before = identity(path)
    os.utime(path, (1, 1))
    assert identity(path) == before


def test_an_added_a_removed_and_a_renamed_file_are_seen(audio, seen):
    found = {seen()}
    (audio / "a/4.wav").write_bytes(b"4")
    found.add(seen())
    (audio / "a/4.wav").rename(audio / "b/4.wav")
    found.add(seen())
    (audio / "a/1.wav").unlink()
    found.add(seen())
    assert len(found) == 4


def test_hidden_files_and_with_suffixes_all_others_do_not_count(audio, seen):
    before, of_audio = seen(), seen(suffixes={".wav"})
    (audio / ".DS_Store").write_bytes(b"1")
    (audio / ".cache").mkdir()
    (audio / ".cache/5.wav").write_bytes(b"5")
    assert seen() == before
    (audio / "b/notes.txt").write_bytes(b"other notes")
    assert seen() != before
    assert seen(suffixes={".wav"}) == of_audio
    (audio / "b/3.WAV").write_bytes(b"another size")
    assert seen(suffixes={".wav"}) != of_audio


def test_linked_folders_and_files_are_followed_each_once(audio, seen, tmp_path):
    (tmp_path / "far").mkdir()
    (tmp_path / "far/5.wav").write_bytes(b"5")
    (audio / "c").symlink_to(tmp_path / "far")
    (audio / "loop").symlink_to(audio)
    (audio / "dangling.wav").symlink_to(tmp_path / "nothing")
    before = seen()
    (tmp_path / "far/5.wav").write_bytes(b"another size")
    assert seen() != before


def test_a_link_to_another_file_of_the_same_size_and_time_is_seen(audio, seen, tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).write_bytes(name.encode())
        os.utime(tmp_path / name, (5, 5))
    (audio / "6.wav").symlink_to(tmp_path / "one")
    before = seen()
    (audio / "6.wav").unlink()
    (audio / "6.wav").symlink_to(tmp_path / "two")
    assert seen() != before


def test_a_name_that_is_no_text_counts_like_any_other(audio, seen):
    before = seen()
    with open(os.fsencode(audio) + b"/caf\xe9.wav", "wb") as file:
        file.write(b"1")
    assert seen() != before


def test_the_same_folder_elsewhere_is_the_same(audio, tmp_path):
    moved = tmp_path / "moved"
    before = identity(audio)
    audio.rename(moved)
    assert identity(moved) == before


def test_modules_are_followed_through_imports_of_every_form(tmp_path):
    files = {
        "model.py": "import one, json\nfrom package import inner as other\nfrom package.deep import thing\n",
        "one.py": "def late():\n    import two\n",
        "two.py": "import model\n",
        "package/__init__.py": "",
        "package/inner.py": "from . import beside\nfrom .deep import more\n",
        "package/beside.py": "",
        "package/deep/__init__.py": "from ..above import x\n",
        "package/deep/more.py": "",
        "package/above.py": "this is no Python",
        "unused.py": "",
        "package/unused.py": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = {path.relative_to(tmp_path).as_posix() for path in modules_beside([tmp_path / "model.py"])}
    assert found == {name for name in files if "unused" not in name}


def test_only_code_that_is_there_is_followed(tmp_path):
    (tmp_path / "weights.bin").write_bytes(b"1")
    assert modules_beside([tmp_path / "weights.bin", tmp_path / "missing.py"]) == []


def test_what_a_table_names_outside_of_the_folder_is_found(tmp_path):
    text = f'path;label\n"{tmp_path}/x.wav";low\nin/side.wav;low\n../y.wav;high\n'
    (tmp_path / "table.csv").write_text(text)
    assert named_outside(tmp_path / "table.csv", tmp_path / "audio") == [
        tmp_path / "audio" / ".." / "y.wav",
        tmp_path / "x.wav",
    ]
