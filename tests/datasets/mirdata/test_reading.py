"""Tracks read by mirdata: what cannot be read leaves out one track, or is told once where it is all of them."""

import json
from collections import Counter

import pytest
from mirdata_folders import N_TINYSOL, labels_of, write, write_index

from soundcheck.datasets import index as indexing
from soundcheck.datasets.sources import mirdata_adapter
from soundcheck.plumbing.errors import SoundcheckError

pytest.importorskip("mirdata")


def test_an_entry_of_a_dictionary_may_be_the_label(key_dataset):
    name, folder = key_dataset
    for path in (folder / "meta").iterdir():
        path.write_text(json.dumps({"genres": [{"name": " House "}, {"name": "Techno"}], "sub_genres": []}))
    labels = labels_of(folder, "autotagging", dataset=name, label="genres.genres")
    assert set(map(tuple, labels.values())) == {("House", "Techno")}
    with pytest.raises(SoundcheckError, match=r"no 'genre' in 'genres' \(did you mean 'genres'\?\)"):
        mirdata_adapter.tracks(folder, dataset=name, label="genres.genre")
    with pytest.raises(SoundcheckError, match=r"name an entry of it, as in 'genres.genres'"):
        mirdata_adapter.tracks(folder, dataset=name, label="genres")


def test_a_track_without_readable_artists_has_no_group_and_stays(key_dataset):
    name, folder = key_dataset
    next(iter((folder / "meta").glob("100066*"))).write_text('{"artists": nan}')
    tracks = mirdata_adapter.tracks(folder, dataset=name)
    assert tracks["group"][0] is None
    assert tracks["left_out"].isna().all()


def test_a_track_whose_annotation_cannot_be_read_is_left_out_with_the_reason(key_dataset):
    name, folder = key_dataset
    (annotation,) = folder.glob("keys*/100066*")
    annotation.unlink()
    tracks = mirdata_adapter.tracks(folder, dataset=name)
    assert tracks["left_out"].notna().sum() == 1
    assert tracks["left_out"][0].startswith("mirdata cannot read 'key': FileNotFoundError")


def test_one_odd_file_name_leaves_out_one_track(tmp_path):
    folder = tmp_path / "mridangam"
    strokes = {"224030": "B/224030__akshaylaya__bheem-b-001.wav", "224031": "B/224031__akshaylaya__clap-b-001.wav"}
    index = {i: {"audio": f"mridangam_stroke_1.5/{path}"} for i, path in strokes.items()}
    for files in index.values():
        write(folder / files["audio"])
    write_index(folder, "mridangam_stroke_index_1.5.json", index)
    tracks = mirdata_adapter.tracks(folder, dataset="mridangam_stroke").set_index("track_id")
    assert tracks.loc["224030", "left_out"] is None
    assert "Stroke clap not in stroke dictionary" in tracks.loc["224031", "left_out"]


def test_missing_audio_is_listed_whatever_its_metadata(tinysol):
    gone = sorted(tinysol.rglob("Fl-*.wav"))
    for path in gone:
        path.unlink()
    table, metadata = indexing.index(mirdata_adapter, tinysol, "tinysol", {"dataset": "tinysol"})
    reasons = Counter(table["left_out"].to_pylist())
    assert reasons["missing file"] == len(gone) == 25
    assert metadata["n_found"] == N_TINYSOL
    # The published folds are those of the whole dataset.
    official = mirdata_adapter.splits(table.to_pandas(), "instrument_classification")
    assert len(official) == 5 * N_TINYSOL


def test_metadata_that_is_missing_altogether_is_told_once(tinysol):
    (tinysol / "annotation" / "TinySOL_metadata.csv").unlink()
    with pytest.raises(SoundcheckError, match=r"cannot read the metadata of 'tinysol' in .*Metadata not found"):
        mirdata_adapter.tracks(tinysol, dataset="tinysol")


def test_a_track_that_the_metadata_lack_has_no_label(tinysol):
    path = tinysol / "annotation" / "TinySOL_metadata.csv"
    path.write_text("\n".join(line for line in path.read_text().splitlines() if "Fl-ord-C4-pp" not in line))
    labels = labels_of(tinysol, "instrument_classification", dataset="tinysol")
    assert labels["Fl-ord-C4-pp-N-N"] is None
    assert sum(label is None for label in labels.values()) == 1
