"""Files of the Hugging Face hub: tokens, mirrors, broken connections, and what is said when one cannot be had."""

import threading

import pytest
from hub_server import CONTENT, MODEL, REVISION, SHA256, serving_hub
from huggingface_hub import constants

from soundcheck.plumbing.downloads import weights
from soundcheck.plumbing.downloads.hub import fetch_from_hub
from soundcheck.plumbing.errors import DownloadError

URL = f"hf://{MODEL}/{REVISION}/model.bin"


@pytest.fixture
def hub(monkeypatch, tmp_path_factory):
    """A hub on this machine, and a user without a token or a cache."""
    home = tmp_path_factory.mktemp("home")
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(home / "token"))
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(home / "hub"))
    # Those are the seconds between attempts.
    monkeypatch.setattr("time.sleep", lambda _: None)
    with serving_hub() as server:
        monkeypatch.setenv("HF_ENDPOINT", f"{server.address}/")
        yield server


def test_a_file_comes_from_the_mirror_that_the_environment_names_and_nothing_else_is_left(hub, tmp_path):
    hub.files["sub/config.json"] = b"{}"
    weights.download(URL, tmp_path / "models" / "model.bin", SHA256)
    weights.download(f"hf://{MODEL}/{REVISION}/sub/config.json", tmp_path / "models" / "sub" / "config.json")
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert found == {
        "models/model.bin",
        "models/model.bin.sha256",
        "models/sub/config.json",
        "models/sub/config.json.sha256",
    }
    assert (tmp_path / "models" / "model.bin").read_bytes() == CONTENT
    assert {token for _, token, _ in hub.asked} == {None}


def test_the_users_token_is_sent(hub, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_of_mine")
    fetch_from_hub(URL, tmp_path / "model.bin")
    assert {(method, token) for method, token, _ in hub.asked} == {
        ("HEAD", "Bearer hf_of_mine"),
        ("GET", "Bearer hf_of_mine"),
    }


def test_a_broken_connection_is_taken_up_where_it_broke(hub, tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 100_000)
    hub.breaks_at = 1_000_000
    assert fetch_from_hub(URL, tmp_path / "model.bin", SHA256).read_bytes() == CONTENT
    assert [wanted for method, _, wanted in hub.asked if method == "GET"] == [None, "bytes=1000000-"]


@pytest.mark.parametrize("known", ["by the catalogue", "by the note beside it"])
def test_what_is_there_needs_no_network(hub, tmp_path, known):
    path = tmp_path / "model.bin"
    weights.download(URL, path, SHA256)
    hub.asked.clear()
    weights.download(URL, path, SHA256 if known == "by the catalogue" else "")
    assert hub.asked == []


def test_another_file_than_the_noted_is_downloaded_again(hub, tmp_path):
    path = tmp_path / "model.bin"
    weights.download(URL, path)
    path.write_bytes(b"changed on disk")
    weights.download(URL, path)
    assert path.read_bytes() == CONTENT


def test_other_bytes_than_the_catalogues_are_refused_and_nothing_stays(hub, tmp_path):
    hub.files["model.bin"] = b"tampered"
    with pytest.raises(DownloadError, match=rf"expected sha256 {SHA256}, found .*The file was removed"):
        weights.download(URL, tmp_path / "models" / "model.bin", SHA256)
    assert list((tmp_path / "models").iterdir()) == []


def test_two_runs_at_once_download_it_once(hub, tmp_path):
    threads = [threading.Thread(target=fetch_from_hub, args=(URL, tmp_path / "model.bin", SHA256)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [method for method, _, _ in hub.asked].count("GET") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["model.bin"]


@pytest.mark.parametrize(
    ("refusal", "said"),
    [
        ((403, "GatedRepo"), r"accepts their terms; do so at http://.*/owner/name, then set HF_TOKEN"),
        ((401, "GatedRepo"), r"accepts their terms"),
        ((401, "RepoNotFound"), r"there is no model owner/name at http://.*, or it is private; .*HF_TOKEN"),
        ((404, "RepoNotFound"), r"there is no model owner/name"),
        ((404, "RevisionNotFound"), rf"owner/name has no revision {REVISION}"),
        ((404, "EntryNotFound"), rf"owner/name has no file 'model.bin' in its revision {REVISION}"),
        ((401, ""), r"refuses the token \(HTTP 401\)"),
        ((403, ""), r"refuses the token \(HTTP 403\)"),
        ((404, ""), r"answers HTTP 404"),
        ((500, ""), r"answers HTTP 500; run again later"),
    ],
)
def test_a_refusal_is_one_line_that_says_what_to_do(hub, tmp_path, refusal, said):
    hub.refusal = refusal
    with pytest.raises(DownloadError, match=said) as error:
        weights.download(URL, tmp_path / "models" / "model.bin", embedders=["my-model"])
    assert str(error.value).startswith("weights of my-model: cannot download model.bin from hf://owner/name/")
    assert "\n" not in str(error.value)
    assert list((tmp_path / "models").iterdir()) == []


def test_without_a_network_the_message_says_how_to_do_without(tmp_path, hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(
        DownloadError, match=r"http://127.0.0.1:9 cannot be reached: connection failed \(Connection refused\).*by hand"
    ):
        weights.download(URL, tmp_path / "model.bin")


def test_offline_by_the_users_wish_is_said(hub, tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(DownloadError, match="HF_HUB_OFFLINE is set"):
        weights.download(URL, tmp_path / "model.bin")
    assert hub.asked == []


def test_a_web_server_that_is_no_hub_is_told(hub, tmp_path):
    hub.is_hub = False
    with pytest.raises(DownloadError, match="is no Hugging Face hub"):
        weights.download(URL, tmp_path / "model.bin")


def test_a_folder_that_cannot_be_made_is_told(hub, tmp_path):
    (tmp_path / "models").write_text("")
    with pytest.raises(DownloadError, match=r"cannot download model.bin from hf://.*File exists"):
        weights.download(URL, tmp_path / "models" / "model.bin")
