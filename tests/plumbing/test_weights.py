"""Weights: downloaded once, checked before each use, whatever happens on the way."""

import hashlib

import pytest
from local_server import serving

from soundcheck.plumbing.downloads import weights
from soundcheck.plumbing.errors import DownloadError, SoundcheckError

CONTENT = b"some weights" * 1000
DIGEST = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def server(tmp_path):
    """A web server, and the folder that it serves."""
    folder = tmp_path / "served"
    folder.mkdir()

    with serving(folder) as running:
        yield running.address, folder


def test_a_download_leaves_the_file_and_its_digest(server, tmp_path):
    (server[1] / "model.pb").write_bytes(CONTENT)
    path = tmp_path / "models" / "model.pb"
    weights.download(f"{server[0]}/model.pb", path, DIGEST)
    assert path.read_bytes() == CONTENT
    assert weights.recorded_sha256(path) == DIGEST
    assert weights.verified("m", [str(path)], [DIGEST]) == str(path)


def test_other_bytes_than_the_catalogues_are_refused_and_nothing_stays(server, tmp_path):
    (server[1] / "model.pb").write_bytes(b"tampered")
    path = tmp_path / "models" / "model.pb"
    with pytest.raises(DownloadError, match=f"expected sha256 {DIGEST}, found"):
        weights.download(f"{server[0]}/model.pb", path, DIGEST)
    assert list(path.parent.iterdir()) == []


def test_without_a_digest_that_of_the_first_download_is_kept_and_checked(server, tmp_path):
    (server[1] / "model.pb").write_bytes(CONTENT)
    path = tmp_path / "model.pb"
    weights.download(f"{server[0]}/model.pb", path)
    path.unlink()
    (server[1] / "model.pb").write_bytes(b"published anew")
    with pytest.raises(DownloadError, match=f"expected sha256 {DIGEST}"):
        weights.download(f"{server[0]}/model.pb", path)
    path.write_bytes(b"changed on disk")
    with pytest.raises(SoundcheckError, match="to accept it as it is now"):
        weights.verified("my-model", [str(path)], [""])


def test_a_web_page_in_the_place_of_weights_is_refused(server, tmp_path):
    (server[1] / "model.pb").write_bytes(b"<!DOCTYPE html><html>please log in</html>")
    with pytest.raises(DownloadError, match=r"a web page, not the file.*by hand"):
        weights.download(f"{server[0]}/model.pb", tmp_path / "models" / "model.pb")
    assert list((tmp_path / "models").iterdir()) == []


def test_what_is_not_there_says_where_to_put_it(server, tmp_path):
    with pytest.raises(
        DownloadError, match=r"HTTP 404.*put the file at .*model.pb by hand, or run `snakemake weights`"
    ):
        weights.download(f"{server[0]}/model.pb", tmp_path / "model.pb")


def test_several_files_are_their_folder(tmp_path):
    for name in ("config.json", "sub/model.bin"):
        (tmp_path / "m" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "m" / name).write_bytes(b"x")
    paths = [str(tmp_path / "m" / name) for name in ("config.json", "sub/model.bin")]
    assert weights.verified("m", paths, ["", ""]) == str(tmp_path / "m")


def test_missing_weights_name_the_command(tmp_path):
    with pytest.raises(SoundcheckError, match=r"my-model: its weights .*no.pb are not there; run `snakemake weights`"):
        weights.verified("my-model", [str(tmp_path / "no.pb")], [""])
