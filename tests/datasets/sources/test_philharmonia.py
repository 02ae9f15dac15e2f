import zipfile

import pytest
from local_server import published, redirect, serving

from soundcheck.datasets import index
from soundcheck.datasets.sources import philharmonia
from soundcheck.datasets.splits import making
from soundcheck.plumbing.errors import SoundcheckError

MINIATURE = (
    "audio/bass clarinet/bass-clarinet_As2_025_forte_normal.mp3",
    "audio/bass clarinet/bass-clarinet_As2_15_piano_normal.mp3",
    "audio/clarinet/clarinet_A4_1_mezzo-forte_minor-trill.mp3",
    "audio/clarinet/clarinet_A4_1_mezzo-forte_trill.mp3",
    "audio/cor anglais/english-horn_Cs5_very-long_cresc-decresc_normal.mp3",
    "audio/percussion/agogo bells/agogo-bells__025_mezzo-forte_struck-singly.mp3",
    "audio/violin/violin_G3_phrase_fortissimo_arco-sul-ponticello.mp3",
    "audio/violin/violin_H3_1_forte_arco-normal.mp3",
    "audio/violin/violin_G3_1_forte.mp3",
    "audio/violin copy/violin_G3_phrase_fortissimo_arco-sul-ponticello.mp3",
)


@pytest.fixture
def miniature(tmp_path):
    for path in MINIATURE:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(b"not audio")
    return tmp_path


@pytest.fixture
def tracks(miniature):
    return philharmonia.tracks(miniature).set_index("track_id", drop=False)


def test_fields_are_those_of_the_file_name(tracks):
    row = tracks.loc["bass-clarinet_As2_025_forte_normal"]
    assert row["instrument"] == "bass clarinet"
    assert (row["note"], row["pitch_class"], row["octave"]) == ("A#2", "A#", 2)
    assert (row["length"], row["dynamic"], row["articulation"]) == ("0.25s", "forte", "normal")
    assert row["family"] == "woodwind"
    assert row["path"] == MINIATURE[0]


def test_no_field_is_found_inside_a_longer_one(tracks):
    tags = philharmonia.labels(tracks, "autotagging")
    assert "articulation:minor-trill" in tags["clarinet_A4_1_mezzo-forte_minor-trill"]
    assert "articulation:trill" not in tags["clarinet_A4_1_mezzo-forte_minor-trill"]
    instruments = philharmonia.labels(tracks, "instrument_classification")
    assert instruments["bass-clarinet_As2_025_forte_normal"] == ["bass clarinet"]
    assert instruments["clarinet_A4_1_mezzo-forte_trill"] == ["clarinet"]
    dynamics = philharmonia.labels(tracks, "dynamics_classification")
    assert dynamics["clarinet_A4_1_mezzo-forte_trill"] == ["mezzo-forte"]


def test_the_cor_anglais_is_labelled_by_its_file_name(tracks):
    row = tracks.loc["english-horn_Cs5_very-long_cresc-decresc_normal"]
    assert (row["instrument"], row["family"]) == ("english horn", "woodwind")


def test_unpitched_percussion_has_tags_but_no_pitch(tracks):
    track_id = "agogo-bells__025_mezzo-forte_struck-singly"
    assert tracks.loc[track_id, "left_out"] is None
    assert philharmonia.labels(tracks, "pitch_class_classification")[track_id] is None
    assert philharmonia.labels(tracks, "instrument_classification")[track_id] is None
    assert "family:percussion" in philharmonia.labels(tracks, "autotagging")[track_id]


def test_names_that_do_not_fit_are_listed_with_the_reason(tracks):
    assert "4 fields" in tracks.loc["violin_G3_1_forte", "left_out"]
    assert "'H3'" in tracks.loc["violin_H3_1_forte_arco-normal", "left_out"]
    copies = tracks[tracks["path"].str.endswith("violin_G3_phrase_fortissimo_arco-sul-ponticello.mp3")]
    reasons = copies["left_out"].dropna()
    assert len(copies) == 2
    assert len(reasons) == 1
    assert "same file name as" in reasons.iloc[0]
    assert tracks["track_id"].is_unique
    assert len(tracks) == len(MINIATURE)


def test_takes_of_one_note_on_one_instrument_share_a_group(tracks):
    takes = tracks[tracks["instrument"] == "bass clarinet"]
    assert takes["group"].nunique() == 1
    assert tracks.loc["clarinet_A4_1_mezzo-forte_trill", "group"] == "clarinet A4"


def test_a_folder_with_audio_is_used_as_it_is(miniature):
    before = sorted(miniature.rglob("*"))
    philharmonia.download(miniature)
    assert sorted(miniature.rglob("*")) == before


def test_a_folder_of_other_files_is_not_downloaded_into(tmp_path):
    (tmp_path / "thesis.txt").write_text("chapter 1")
    with pytest.raises(SoundcheckError, match="holds files but no audio"):
        philharmonia.download(tmp_path)


def test_the_public_archive_is_fetched_into_an_empty_folder(miniature, tmp_path, monkeypatch, capsys):
    public = tmp_path / "public"
    with zipfile.ZipFile(published(public, philharmonia.REMOTES["audio"].url), "w") as archive:
        archive.writestr("philharmonia-samples-gh-pages/README.md", "Samples")
        for path in MINIATURE:
            archive.writestr(f"philharmonia-samples-gh-pages/{path}", b"audio")
    folder = tmp_path / "data" / "philharmonia"
    folder.mkdir(parents=True)
    with serving(public) as server:
        redirect(monkeypatch, philharmonia, server.address)
        philharmonia.download(folder)
    assert sorted(path.name for path in folder.iterdir()) == ["audio"]
    assert sorted(path.name for path in folder.parent.iterdir()) == ["philharmonia"]
    assert len(philharmonia.tracks(folder)) == len(MINIATURE)
    said = capsys.readouterr().err
    assert "10 recordings in the archive, 9750 were expected" in said
    assert "Licence: CC BY-SA 3.0" in said


def test_an_unknown_task_is_refused(tracks):
    with pytest.raises(ValueError, match="no task 'key_estimation'"):
        philharmonia.labels(tracks, "key_estimation")


def test_the_real_recordings_are_1480_notes_of_15_instruments(philharmonia_dir):
    table, metadata = index.index(philharmonia, philharmonia_dir, "philharmonia", {}, 2)
    frame = table.to_pandas()
    assert len(frame) == metadata["n_found"] == 1480
    assert metadata["n_left_out"] == 0
    assert frame["instrument"].nunique() == 15
    assert set(frame["sample_rate"]) == {44100}
    assert set(frame["channels"]) == {1}
    assert frame["family"].notna().all()
    assert frame["pitch_class"].nunique() == 12


@pytest.mark.parametrize("task", philharmonia.TASKS)
def test_the_real_recordings_split_without_a_note_on_both_sides(philharmonia_dir, task):
    tracks = philharmonia.tracks(philharmonia_dir)
    table, metadata = making.make_split(
        tracks,
        philharmonia.labels(tracks, task),
        dataset="philharmonia",
        task=task,
        task_type=philharmonia.TASKS[task],
        split="single",
        seed=0,
        grouped_by=philharmonia.GROUPED_BY,
    )
    frame = table.to_pandas()
    used = frame[frame["part"] != "left_out"]
    assert (used.groupby("group")["part"].nunique() == 1).all()
    assert metadata["group_overlap"] == []
    assert len(frame) == 1480
    assert (used["part"] == "train").mean() == pytest.approx(0.8, abs=0.01)
