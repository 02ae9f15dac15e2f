"""A miniature of VocalSet as published: tree, names and known faults."""

import dataclasses
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile
from local_server import published, redirect, serving

from soundcheck import parquet
from soundcheck.datasets import index
from soundcheck.datasets.sources import vocalset
from soundcheck.datasets.splits import making
from soundcheck.plumbing.errors import DownloadError, SoundcheckError

SINGERS = (*(f"f{i}" for i in range(1, 10)), *(f"m{i}" for i in range(1, 12)))
OTHER_TECHNIQUES = ("fast_forte", "messa")
FAULTS = {
    # path: the id and singer that it gets, or the reason why it is left out
    "female2/arpeggios/lip_trill/lip_trill_arps.wav": ("f2_lip_trill_arps", "f2"),
    "male3/scales/lip_trill/scales_lip_trill.wav": ("m3_scales_lip_trill", "m3"),
    "female4/scales/straight/scales_straight_a.wav": ("f4_scales_straight_a", "f4"),
    "male8/excerpts/straight/row_straight.wav": ("m8_row_straight", "m8"),
    "female9/arpeggios/fast_forte/arps_fast_piano_c.wav": ("f9_arps_fast_piano_c", "f9"),
    "male10/scales/fast_piano/scales_f_fast_piano_u.wav": ("m10_scales_f_fast_piano_u", "m10"),
    "female2/arpeggios/vibrado/f2_arpeggios_vibrato_a.wav": ("f2_arpeggios_vibrato_a", "f2"),
    "female6/long_tones/trillo/f6_ long_trillo_a.wav": ("f6_long_trillo_a", "f6"),
    "male9/excerpts/vibrato/m9_caro_vibrato.wav": ("m9_caro_vibrato", "m9"),
    "female2/scales/straight/f2_scales_straight_u.wav": ("f2_scales_straight_u", "f2"),
    "female2/scales/straight/f2_scales_straight_u(1).wav": ("f2_scales_straight_u_1", "f2"),
    "female2/scales/vibrato/f2_scales_vibrato_a(1).wav": "a copy of f2_scales_vibrato_a",
    "male10/excerpts/vibrato/caro_vibrato.wav": "does not say who sings",
    "male10/excerpts/vibrato/dona_vibrato.wav": "does not say who sings",
    "male10/excerpts/vibrato/row_vibrato.wav": "does not say who sings",
    "female2/arpeggios/vibrado/slow_vibrato_arps.wav": "does not say who sings",
    "male8/excerpts/vibrato/m9_caro_vibrato.wav": "says m9, its folder male8",
    "male1/scales/belt/scales_belt_e.wav": "does not start with a singer",
    "male1/other/belt/m1_long_tones_belt_a.wav": "same name as",
}
N_REGULAR = len(SINGERS) * (len(vocalset.TECHNIQUES) + len(OTHER_TECHNIQUES))
N_KEPT = N_REGULAR + sum(isinstance(outcome, tuple) for outcome in FAULTS.values())


def regular_paths():
    for singer in SINGERS:
        folder = {"f": "female", "m": "male"}[singer[0]] + singer[1:]
        for technique in (*vocalset.TECHNIQUES, *OTHER_TECHNIQUES):
            yield f"{folder}/long_tones/{technique}/{singer}_long_tones_{technique}_a.wav"


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    """What the publisher's server holds."""
    folder = tmp_path_factory.mktemp("public")
    audio = folder / "note.wav"
    soundfile.write(audio, np.zeros(441, dtype=np.float32), 44100, subtype="PCM_16")
    with zipfile.ZipFile(published(folder, vocalset.REMOTES["audio"].url), "w") as archive:
        archive.writestr("readme-anon.txt", "VocalSet")
        archive.writestr("__MACOSX/FULL/female1/._f1_x.wav", "not audio")
        for path in (*regular_paths(), *FAULTS):
            archive.write(audio, f"FULL/{path}")
    return folder


@pytest.fixture(scope="module")
def folder(public, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "vocalset"
    with pytest.MonkeyPatch.context() as monkeypatch, serving(public) as server:
        redirect(monkeypatch, vocalset, server.address)
        vocalset.download(folder)
        n_asked = len(server.asked)
        vocalset.download(folder)
        assert len(server.asked) == n_asked == 1
    return folder


@pytest.fixture(scope="module")
def tracks(folder, tmp_path_factory):
    table, metadata = index.index(vocalset, folder, "vocalset", {}, 2)
    path = tmp_path_factory.mktemp("tracks") / "vocalset.parquet"
    parquet.write(table, path, metadata)
    return parquet.read(path).to_pandas()


def by_path(tracks, path):
    return tracks.set_index("path").loc[f"FULL/{path}"]


def make_split(tracks, task, split="single"):
    groups, grouped_by = vocalset.groups(tracks, task)
    table, metadata = making.make_split(
        tracks.assign(group=groups),
        vocalset.labels(tracks, task),
        dataset="vocalset",
        task=task,
        task_type=vocalset.TASKS[task],
        split=split,
        seed=42,
        official=vocalset.splits(tracks, task),
        grouped_by=grouped_by,
    )
    return table.to_pandas(), metadata


def test_the_downloaded_folder_holds_the_published_tree_and_nothing_else(folder):
    assert [path.name for path in folder.iterdir()] == ["FULL"]
    assert [path.name for path in folder.parent.iterdir()] == ["vocalset"]


def test_every_recording_is_listed_once_kept_or_with_its_reason(tracks):
    assert len(tracks) == N_REGULAR + len(FAULTS)
    assert tracks["track_id"].is_unique
    assert tracks["left_out"].isna().sum() == N_KEPT
    assert tracks["singer"].notna().sum() == N_KEPT


@pytest.mark.parametrize(("path", "outcome"), FAULTS.items())
def test_known_faults_are_corrected_or_left_out_with_their_reason(tracks, path, outcome):
    row = by_path(tracks, path)
    if isinstance(outcome, tuple):
        assert (row["track_id"], row["singer"]) == outcome
        assert pd.isna(row["left_out"])
    else:
        assert outcome in row["left_out"]
        assert pd.isna(row["singer"])


def test_all_28_missing_prefixes_are_known():
    assert len(vocalset._SINGER_OF) == 28
    assert set(vocalset._SINGER_OF.values()) <= set(SINGERS)


def test_singers_whose_names_start_alike_stay_apart(tracks):
    task = "singer_identification"
    labels = vocalset.labels(tracks, task)[tracks["left_out"].isna()]
    counts = labels.str[0].value_counts()
    assert set(counts.index) == set(SINGERS)
    assert counts["m1"] == counts["m11"] == N_REGULAR / len(SINGERS)
    assert counts["m10"] == N_REGULAR / len(SINGERS) + 1


def test_the_technique_is_the_folders_whole_name(tracks):
    labels = vocalset.labels(tracks.set_index("track_id", drop=False), "technique_identification")
    assert labels["f1_long_tones_trill_a"] == ["trill"]
    assert labels["f1_long_tones_trillo_a"] == ["trillo"]
    assert labels["f1_long_tones_lip_trill_a"] == ["lip_trill"]
    assert labels["f2_arpeggios_vibrato_a"] == ["vibrato"]
    assert labels["f9_arps_fast_piano_c"] is None
    assert labels["f1_long_tones_messa_a"] is None


def test_the_published_split_has_20_singers_each_in_one_part(tracks):
    rows, metadata = make_split(tracks, "technique_identification")
    rows["singer"] = rows["track_id"].str.split("_").str[0]
    singers = rows.groupby("part")["singer"].agg(set)
    assert singers["test"] == {"f2", "f8", "m3", "m5", "m10"}
    assert singers["validation"] == {"f9", "m9", "m11"}
    assert singers["train"] == {"f1", "f3", "f4", "f5", "f6", "f7", "m1", "m2", "m4", "m6", "m7", "m8"}
    # Twelve, three and five singers in ten techniques, and the corrected files that have one of these.
    assert rows["part"].value_counts().to_dict() == {"train": 120 + 3, "validation": 30 + 1, "test": 50 + 5}
    assert metadata["classes"] == sorted(vocalset.TECHNIQUES)
    assert metadata["group_overlap"] == []
    assert metadata["official"]


def test_singers_are_split_at_random_with_copies_on_one_side(tracks):
    rows, metadata = make_split(tracks, "singer_identification")
    assert len(rows) == N_KEPT
    assert metadata["classes"] == sorted(SINGERS)
    assert not metadata["official"]
    parts = rows.set_index("track_id")["part"]
    assert parts["f2_scales_straight_u"] == parts["f2_scales_straight_u_1"]
    assert rows[rows["part"] == "test"]["label"].str[0].nunique() == len(SINGERS)


def test_a_split_that_was_not_published_is_refused(tracks):
    with pytest.raises(SoundcheckError, match=r"no published split 'publishd' \(did you mean 'published'"):
        vocalset.splits(tracks, "technique_identification", "publishd")
    with pytest.raises(SoundcheckError, match="no published split 'published'"):
        vocalset.splits(tracks, "singer_identification", "published")


def escaping(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("FULL/female1/scales/belt/f1_scales_belt_a.wav", b"audio")
        archive.writestr("FULL/../../../../evil.wav", b"evil")


def damaged(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("FULL/female1/scales/belt/f1_scales_belt_a.wav", bytes(1000))
    content = bytearray(path.read_bytes())
    content[500] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("publish", "message"),
    [
        (lambda path: None, "HTTP 404"),
        (lambda path: path.write_text("<!doctype html><title>Zenodo is down</title>"), "a web page, not the file"),
        (lambda path: path.write_bytes(b"not a zip"), "neither a zip nor a tar"),
        (lambda path: path.write_bytes(b"PK"), "neither a zip nor a tar"),
        (escaping, "would land outside the folder"),
        (damaged, "it is damaged"),
        (lambda path: zipfile.ZipFile(path, "w").close(), "no file in it matches 'FULL"),
    ],
)
def test_what_cannot_be_used_is_refused_and_no_folder_appears(tmp_path, monkeypatch, publish, message):
    public, folder = tmp_path / "public", tmp_path / "data" / "vocalset"
    publish(published(public, vocalset.REMOTES["audio"].url))
    with serving(public) as server:
        redirect(monkeypatch, vocalset, server.address)
        with pytest.raises(DownloadError, match=message):
            vocalset.download(folder)
    assert not folder.exists()
    assert not list(tmp_path.rglob("evil.wav"))


def test_an_archive_with_another_digest_than_the_published_one_is_refused(public, tmp_path, monkeypatch):
    with serving(public) as server:
        remote = vocalset.REMOTES["audio"]
        redirect(monkeypatch, vocalset, server.address)
        local = dataclasses.replace(vocalset.REMOTES["audio"], md5=remote.md5)
        monkeypatch.setitem(vocalset.REMOTES, "audio", local)
        with pytest.raises(DownloadError, match=f"expected md5 {remote.md5}, found"):
            vocalset.download(tmp_path / "vocalset")
    assert not (tmp_path / "vocalset").exists()


def test_a_corpus_that_was_corrected_by_hand_gives_the_same_tracks(tmp_path):
    path = tmp_path / "FULL" / "female4" / "scales" / "straight" / "f4_scales_straight_a.wav"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"audio")
    before = sorted(Path(tmp_path).rglob("*"))
    vocalset.download(tmp_path)
    row = vocalset.tracks(tmp_path).iloc[0]
    assert (row["track_id"], row["singer"], row["technique"]) == ("f4_scales_straight_a", "f4", "straight")
    assert sorted(Path(tmp_path).rglob("*")) == before


def test_a_folder_of_other_files_is_not_downloaded_into(tmp_path):
    (tmp_path / "thesis.txt").write_text("chapter 1")
    with pytest.raises(SoundcheckError, match="holds files but no audio"):
        vocalset.download(tmp_path)


def test_an_unknown_task_is_refused(tracks):
    with pytest.raises(SoundcheckError, match="no task 'key_estimation'"):
        vocalset.labels(tracks, "key_estimation")
