"""The files of mirdata's datasets: its index, what it publishes, and what must be got by hand."""

import hashlib
import zipfile

import pytest
from local_server import serving
from mirdata_folders import N_TINYSOL, write, write_index

from soundcheck.datasets import sources
from soundcheck.datasets.sources import mirdata_adapter
from soundcheck.plumbing.errors import DownloadError, SoundcheckError

mirdata = pytest.importorskip("mirdata")


def test_nothing_where_the_index_says_is_told_once(tinysol):
    for path in tinysol.rglob("*.wav"):
        path.unlink()
    with pytest.raises(SoundcheckError, match=r"none of the audio .* is in '.*tinysol' \(first: 'audio/Strings"):
        mirdata_adapter.tracks(tinysol, dataset="tinysol")


@pytest.mark.parametrize("content", ["not json", "[]", "{}", '{"tracks": {}}', '{"multitracks": {"1": {}}}'])
def test_an_index_that_is_none_is_refused(tinysol, content):
    (tinysol / "tinysol_index_6.0.json").write_text(content)
    with pytest.raises(SoundcheckError, match=r"tinysol_index_6.0.json"):
        mirdata_adapter.tracks(tinysol, dataset="tinysol")


def test_an_absent_index_says_where_to_get_it_and_where_to_put_it(tinysol):
    (tinysol / "tinysol_index_6.0.json").unlink()
    with pytest.raises(SoundcheckError) as error:
        mirdata_adapter.tracks(tinysol, dataset="tinysol")
    for part in (
        "`snakemake download`",
        "https://zenodo.org/records/13993273/files/tinysol_index_6.0.json",
        str(tinysol),
    ):
        assert part in str(error.value)
    with pytest.raises(SoundcheckError, match=r"publishes none for version 'sample'.*choose another `version`"):
        mirdata_adapter.tracks(tinysol, dataset="tinysol", version="sample")


def test_a_dataset_that_is_there_is_used_and_not_written_to(tinysol):
    before = sorted((path, path.stat().st_mtime_ns) for path in tinysol.rglob("*"))
    record = sources.provide("mirdata_adapter", "tinysol", tinysol, {"dataset": "tinysol"})
    mirdata_adapter.tracks(tinysol, dataset="tinysol")
    assert sorted((path, path.stat().st_mtime_ns) for path in tinysol.rglob("*")) == before
    assert (record["n_files"], record["title"]) == (N_TINYSOL, "TinySOL: single notes of 14 instruments")
    assert record["licence"].startswith("Creative Commons Attribution 4.0")


def test_what_must_be_requested_by_hand_is_explained_in_one_message(tmp_path):
    write(tmp_path / "notes.txt")
    write_index(tmp_path, "compmusic_raga_index_1.0.json", {"1": {"audio": "RagaDataset/audio/1.mp3"}})
    with pytest.raises(SoundcheckError, match="It has to be got by hand; mirdata's advice: While annotations") as error:
        mirdata_adapter.download(tmp_path, dataset="compmusic_raga")
    assert "\n" not in str(error.value)


def test_nothing_is_downloaded_for_a_version_that_has_no_index(tmp_path):
    with pytest.raises(SoundcheckError, match="publishes none for version 'sample'"):
        mirdata_adapter.download(tmp_path / "new", dataset="tinysol", version="sample")
    assert not list(tmp_path.iterdir())


@pytest.fixture
def server(tmp_path):
    """A local web server of the folder `published`."""
    folder = tmp_path / "published"
    folder.mkdir()
    with serving(folder) as running:
        yield folder, running.address


@pytest.fixture
def published(server, tinysol, monkeypatch):
    """TinySOL as published, on the local server: an archive, a CSV, and mirdata's index."""
    from mirdata.datasets import tinysol as loader

    folder, url = server
    with zipfile.ZipFile(folder / "TinySOL.zip", "w") as archive:
        for path in sorted((tinysol / "audio").rglob("*.wav")):
            archive.write(path, path.relative_to(tinysol / "audio"))
    for path in (tinysol / "annotation" / "TinySOL_metadata.csv", tinysol / "tinysol_index_6.0.json"):
        (folder / path.name).write_bytes(path.read_bytes())

    def remote(name, place):
        checksum = hashlib.md5((folder / name).read_bytes()).hexdigest()
        return mirdata.download_utils.RemoteFileMetadata(name, f"{url}/{name}", checksum, place)

    remotes = {"audio": remote("TinySOL.zip", "audio"), "notes": remote("TinySOL_metadata.csv", "annotation")}
    index = mirdata.core.Index("tinysol_index_6.0.json")
    index.remote, index.indexes_dir = remote("tinysol_index_6.0.json", None), str(folder.parent / "indexes")
    monkeypatch.setattr(loader, "REMOTES", remotes)
    monkeypatch.setattr(loader, "INDEXES", {"default": "6.0", "6.0": index})
    return folder, remotes


def test_what_mirdata_publishes_is_downloaded_verified_and_laid_out(published, tinysol, tmp_path):
    folder = tmp_path / "new"
    mirdata_adapter.download(folder, dataset="tinysol")
    assert mirdata_adapter.tracks(folder, dataset="tinysol").equals(mirdata_adapter.tracks(tinysol, dataset="tinysol"))
    found, original = ({path.relative_to(top) for path in top.rglob("*")} for top in (folder, tinysol))
    assert found == original
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("new")] == ["new"]


def test_the_index_of_a_dataset_that_is_there_goes_where_mirdata_keeps_it(published, tinysol, tmp_path):
    (tinysol / "tinysol_index_6.0.json").unlink()
    before = sorted(tinysol.rglob("*"))
    mirdata_adapter.download(tinysol, dataset="tinysol")
    assert sorted(tinysol.rglob("*")) == before
    assert [path.name for path in (tmp_path / "indexes").iterdir()] == ["tinysol_index_6.0.json"]
    assert len(mirdata_adapter.tracks(tinysol, dataset="tinysol")) == N_TINYSOL


def test_a_wrong_checksum_leaves_no_dataset_behind(published, tmp_path, monkeypatch):
    published[1]["audio"].checksum = "0" * 32
    with pytest.raises(DownloadError, match="md5"):
        mirdata_adapter.download(tmp_path / "new", dataset="tinysol")
    assert not (tmp_path / "new").exists()


def test_the_content_of_an_inner_folder_moves_up_as_mirdata_says(published, tmp_path):
    folder, remotes = published
    with zipfile.ZipFile(folder / "TinySOL.zip") as source, zipfile.ZipFile(folder / "Inner.zip", "w") as archive:
        for name in source.namelist():
            archive.writestr(f"top/inner/{name}", source.read(name))
    remotes["audio"] = mirdata.download_utils.RemoteFileMetadata(
        "Inner.zip",
        remotes["audio"].url.replace("TinySOL", "Inner"),
        hashlib.md5((folder / "Inner.zip").read_bytes()).hexdigest(),
        "audio",
        unpack_directories=["top/inner"],
    )
    mirdata_adapter.download(tmp_path / "new", dataset="tinysol")
    assert mirdata_adapter.tracks(tmp_path / "new", dataset="tinysol")["left_out"].isna().all()


def test_an_index_that_cannot_be_had_says_how_to_get_it(published, tinysol):
    (tinysol / "tinysol_index_6.0.json").unlink()
    (published[0] / "tinysol_index_6.0.json").unlink()
    with pytest.raises(SoundcheckError, match=r"is not here.*or get http://.*404"):
        mirdata_adapter.download(tinysol, dataset="tinysol")
