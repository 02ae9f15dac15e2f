"""A miniature of MagnaTagATune as published: a zip in three parts, annotations, and lists of splits."""

import dataclasses
import zipfile

import numpy as np
import pytest
import soundfile
from local_server import published, redirect, serving
from official import indexed, tagging_split

from soundcheck.datasets.sources import magnatagatune
from soundcheck.plumbing.errors import DownloadError, SoundcheckError

FOLDERS = "0123456789abcdef"
RARE_TAGS = ("no piano", "funky", "eerie")
# In the published order of columns, tags are alphabetical by no rule; here the rare ones stand in between.
COLUMNS = (*RARE_TAGS[:1], *magnatagatune.TAGS[::-1], *RARE_TAGS[1:])


def clip_path(folder, song, clip):
    return f"{folder}/artist_{folder}-album_x-0{song}-title__part_{song}-{clip * 29}-{clip * 29 + 29}.mp3"


# Two songs in each folder, two clips of each.
CLIPS = {
    str(1 + i): clip_path(folder, song, clip)
    for i, (folder, song, clip) in enumerate((f, s, c) for f in FOLDERS for s in (1, 2) for c in (0, 1))
}
CORRUPT = {
    "35644": "6/norine_braun-now_and_zen-08-gently-117-146.mp3",
    "55753": "8/jacob_heringman-josquin-19-pater_noster-204-233.mp3",
    "57881": "9/american_baroque-dances-25-le_petit_rien-88-117.mp3",
}
MISSING = ("777", "a/somebody-album-01-not_in_the_archive-0-29.mp3")
UNTAGGED = "1"
WITH_RARE_TAG_ALONE = "2"


def tags_of(clip_id):
    if clip_id == UNTAGGED:
        return set()
    if clip_id == WITH_RARE_TAG_ALONE:
        return {"funky"}
    return {"vocal", "vocals", magnatagatune.TAGS[int(clip_id) % len(magnatagatune.TAGS)]}


def annotations():
    yield "\t".join(f'"{name}"' for name in ("clip_id", *COLUMNS, "mp3_path"))
    for clip_id, path in (*CLIPS.items(), *CORRUPT.items(), MISSING):
        cells = ("1" if tag in tags_of(clip_id) else "0" for tag in COLUMNS)
        yield "\t".join(f'"{cell}"' for cell in (clip_id, *cells, path))


def won_lists():
    """Tagged clips: songs 1 of folders 0 to b train, of c validation, of the others test; an index before each."""
    lists = {"train": [], "valid": [], "test": []}
    for index, (clip_id, path) in enumerate(CLIPS.items()):
        if "-01-" in path and clip_id not in (UNTAGGED, WITH_RARE_TAG_ALONE):
            part = "train" if path[0] in "0123456789ab" else "valid" if path[0] == "c" else "test"
            lists[part].append(f"{index}\t{path}")
    lists["test"].append("999\tf/unknown-album-01-not_annotated-0-29.mp3")
    return lists


def musicnn_lists():
    parts = {"train": FOLDERS[:12], "val": "c", "test": "def"}
    return {part: [i for i, path in CLIPS.items() if path[0] in folders] for part, folders in parts.items()}


def publish(folder):
    remotes = magnatagatune.REMOTES
    audio = folder / "clip.wav"
    soundfile.write(audio, np.zeros(1600, dtype=np.float32), 16000, format="MP3")
    with zipfile.ZipFile(folder / "whole.zip", "w") as archive:
        for path in (*CLIPS.values(), CORRUPT["55753"], CORRUPT["57881"]):
            archive.write(audio, path)
        archive.writestr(CORRUPT["35644"], b"")
    content = (folder / "whole.zip").read_bytes()
    third = len(content) // 3
    for i, part in enumerate((content[:third], content[third : 2 * third], content[2 * third :]), start=1):
        published(folder, remotes[f"audio {i}"].url).write_bytes(part)
    published(folder, remotes["annotations"].url).write_text("\n".join(annotations()) + "\n")
    for part, entries in won_lists().items():
        np.save(published(folder, remotes[f"won {part}"].url), np.array(entries))
    for part, ids in musicnn_lists().items():
        text = "".join(f"{clip_id}\t[0.0, 1.0]\n" for clip_id in ids)
        published(folder, remotes[f"musicnn {part}"].url).write_text(text)


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    folder = tmp_path_factory.mktemp("public")
    publish(folder)
    return folder


@pytest.fixture(scope="module")
def folder(public, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "magnatagatune"
    with pytest.MonkeyPatch.context() as monkeypatch, serving(public) as server:
        redirect(monkeypatch, magnatagatune, server.address)
        magnatagatune.download(folder)
        n_asked = len(server.asked)
        magnatagatune.download(folder)
        assert len(server.asked) == n_asked == len(magnatagatune.REMOTES)
    return folder


@pytest.fixture(scope="module")
def tracks(folder, tmp_path_factory):
    return indexed(magnatagatune, folder, tmp_path_factory.mktemp("tracks"))


def counts(rows):
    return rows["part"].value_counts().to_dict()


def test_the_downloaded_folder_holds_clips_annotations_and_splits_and_no_archive(folder):
    assert sorted(path.name for path in folder.iterdir()) == ["annotations_final.csv", "mp3", "splits"]
    assert [path.name for path in folder.parent.iterdir()] == ["magnatagatune"]
    assert len(list((folder / "mp3").glob("?/*.mp3"))) == len(CLIPS) + len(CORRUPT)


def test_every_clip_is_listed_and_what_cannot_be_used_has_its_reason(tracks):
    assert len(tracks) == len(CLIPS) + len(CORRUPT) + 2
    reasons = tracks.set_index("track_id")["left_out"].dropna()
    assert {i for i, reason in reasons.items() if reason == "corrupt in the published archive"} == set(CORRUPT)
    assert reasons[MISSING[0]] == "missing file"
    assert reasons["f_unknown-album-01-not_annotated-0-29.mp3"].startswith("named by the split 'won'")
    assert len(reasons) == 5


def test_there_are_50_tags_and_no_synonyms_are_merged(tracks):
    assert len(set(magnatagatune.TAGS)) == 50
    assert magnatagatune.TAGS[:3] == ("guitar", "classical", "slow")
    labels = magnatagatune.labels(tracks.set_index("track_id", drop=False), "autotagging")
    assert set(labels["30"]) == {"vocal", "vocals", magnatagatune.TAGS[30]}
    assert labels[UNTAGGED] == []
    assert labels[WITH_RARE_TAG_ALONE] == []
    assert labels["f_unknown-album-01-not_annotated-0-29.mp3"] is None


def test_all_tags_of_a_clip_are_kept_as_metadata(tracks):
    tags = tracks.set_index("track_id")["tags"]
    assert list(tags[WITH_RARE_TAG_ALONE]) == ["funky"]


def test_clips_of_one_song_share_a_group(tracks):
    usable = tracks[tracks["track_id"].isin(CLIPS)]
    assert usable["group"].nunique() == 2 * len(FOLDERS)
    assert (usable.groupby("group").size() == 2).all()
    assert usable["group"].iloc[0].startswith("artist_0-album_x-01-title__part_1")


def test_the_split_of_won_is_the_default_and_has_the_published_clips(tracks):
    rows, metadata = tagging_split(magnatagatune, tracks)
    # Two clips of song 1 in each folder; in folder 0 these are the two without a tag of the 50.
    outside = 2 + 2 * len(FOLDERS)
    assert counts(rows) == {"train": 2 * 11, "validation": 2, "test": 2 * 3, "left_out": outside}
    assert metadata["official"]
    assert len(rows[rows["part"] == "left_out"]["reason"].unique()) == 1
    assert rows[rows["part"] != "left_out"]["label"].str.len().min() > 0


def test_tags_come_from_the_training_clips_and_not_from_clips_outside_the_split(tracks):
    rows, metadata = tagging_split(magnatagatune, tracks, "won")
    trained = {tag for tags in rows[rows["part"] == "train"]["label"] for tag in tags}
    assert metadata["classes"] == sorted(trained)
    everywhere = {tag for tags in magnatagatune.labels(tracks, "autotagging").dropna() for tag in tags}
    assert everywhere - trained
    assert set(metadata["left_out_labels"]) <= everywhere - trained


def test_the_split_of_marble_goes_by_folder_and_has_untagged_clips_too(tracks):
    rows, _ = tagging_split(magnatagatune, tracks, "marble")
    assert counts(rows) == {"train": 4 * 12, "validation": 4, "test": 4 * 3}
    assert UNTAGGED in set(rows["track_id"])


def test_the_split_of_musicnn_goes_by_clip_id(tracks):
    rows, _ = tagging_split(magnatagatune, tracks, "musicnn")
    assert counts(rows) == {"train": 4 * 12, "validation": 4, "test": 4 * 3}


def test_drawn_splits_keep_songs_together(tracks):
    rows, metadata = tagging_split(magnatagatune, tracks, split="60-20-20", fractions=[0.6, 0.2, 0.2])
    assert (rows[rows["part"] != "left_out"].groupby("group")["part"].nunique() == 1).all()
    assert metadata["grouped_by"] == "song"


def test_an_unknown_split_or_task_is_refused(tracks):
    with pytest.raises(SoundcheckError, match=r"no published split 'mable' \(did you mean 'marble'"):
        magnatagatune.splits(tracks, "autotagging", "mable")
    with pytest.raises(SoundcheckError, match="no task 'genre'"):
        magnatagatune.labels(tracks, "genre")


def test_an_interrupted_download_shows_no_folder_and_goes_on_where_it_stopped(public, tmp_path, monkeypatch):
    folder = tmp_path / "magnatagatune"
    with serving(public) as server:
        redirect(monkeypatch, magnatagatune, server.address)
        good = magnatagatune.REMOTES["audio 3"]
        wrong = dataclasses.replace(good, url=f"{server.address}/nowhere.003")
        monkeypatch.setitem(magnatagatune.REMOTES, "audio 3", wrong)
        with pytest.raises(DownloadError, match=r"cannot download mp3.zip.003 .*HTTP 404"):
            magnatagatune.download(folder)
        assert not folder.exists()
        received = {path.name for path in (tmp_path / "magnatagatune.download").rglob("*") if path.is_file()}
        monkeypatch.setitem(magnatagatune.REMOTES, "audio 3", good)
        server.asked.clear()
        magnatagatune.download(folder)
        again = {path.rpartition("/")[2] for path in server.asked}
    assert again.isdisjoint(name for name in received if not name.endswith((".part", ".version")))
    assert len(magnatagatune.tracks(folder)) == len(CLIPS) + len(CORRUPT) + 2


@pytest.fixture
def own_copy(public, tmp_path):
    """Clips and annotations laid out by hand, without lists of splits."""
    with zipfile.ZipFile(public / "whole.zip") as archive:
        archive.extractall(tmp_path / "audio")
    (tmp_path / "metadata").mkdir()
    text = published(public, magnatagatune.REMOTES["annotations"].url).read_text()
    (tmp_path / "metadata" / "annotations_final.csv").write_text(text)
    return tmp_path


def test_a_copy_that_is_already_there_is_used_and_not_written_to(own_copy):
    before = sorted(own_copy.rglob("*"))
    magnatagatune.download(own_copy)
    tracks = magnatagatune.tracks(own_copy)
    assert sorted(own_copy.rglob("*")) == before
    assert len(tracks) == len(CLIPS) + len(CORRUPT) + 1
    assert tracks["path"].str.startswith("audio/").sum() == len(CLIPS) + len(CORRUPT)
    assert counts(magnatagatune.splits(tracks, "autotagging", "marble"))["test"] == 4 * 3
    with pytest.raises(SoundcheckError, match=r"lists of the split 'won' are not .*train.npy.*sub-folder splits/won"):
        magnatagatune.splits(tracks, "autotagging")


def test_clips_without_annotations_are_explained_in_one_message(tmp_path):
    (tmp_path / "0").mkdir()
    (tmp_path / "0" / "clip.mp3").write_bytes(b"audio")
    with pytest.raises(SoundcheckError, match=r"no annotations_final.csv. Put https://mirg.city.ac.uk"):
        magnatagatune.download(tmp_path)


def test_annotations_without_clips_are_refused(own_copy):
    for path in own_copy.rglob("*.mp3"):
        path.unlink()
    with pytest.raises(SoundcheckError, match=f"none of the {len(CLIPS) + len(CORRUPT) + 1} clips"):
        magnatagatune.tracks(own_copy)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("clip_id", "id"), "not the published table"),
        (lambda text: text.replace('"no vocals"', '"other"'), "no column for the tags no vocals"),
        (lambda text: text.replace('"1"\t"0"', '"1"', 1), r"line 2: \d+ cells, expected \d+"),
        (lambda text: "", "not the published table"),
    ],
)
def test_annotations_in_another_form_are_refused(own_copy, change, message):
    path = own_copy / "metadata" / "annotations_final.csv"
    path.write_text(change(path.read_text()))
    with pytest.raises(SoundcheckError, match=message):
        magnatagatune.tracks(own_copy)


def split_files(folder, **lists):
    place = folder / "splits" / "won"
    place.mkdir(parents=True)
    for part in ("train", "valid", "test"):
        np.save(place / f"{part}.npy", lists.get(part, np.array([f"0\t{CLIPS['5']}"][: part == "train"], dtype="<U99")))


def test_a_list_that_would_have_to_be_unpickled_is_refused(own_copy):
    split_files(own_copy, valid=np.array(["0\ta/b.mp3", None], dtype=object))
    with pytest.raises(SoundcheckError, match=r"valid.npy: not an array of text"):
        magnatagatune.tracks(own_copy)


def test_a_list_in_another_form_is_refused(own_copy):
    split_files(own_copy, test=np.array([f"0\t{CLIPS['9']}", CLIPS["13"]]))
    with pytest.raises(SoundcheckError, match=r"test.npy, entries 1: not of the form"):
        magnatagatune.tracks(own_copy)


def test_a_clip_in_two_parts_is_refused(own_copy):
    split_files(own_copy, test=np.array([f"7\t{CLIPS['5']}"]))
    with pytest.raises(SoundcheckError, match=r"is in test and in train"):
        magnatagatune.tracks(own_copy)


def test_stray_spaces_do_not_make_another_tag(own_copy):
    path = own_copy / "metadata" / "annotations_final.csv"
    path.write_text(path.read_text().replace('"no vocals"', '" no vocals "'))
    assert "no vocals" in {
        tag for tags in magnatagatune.labels(magnatagatune.tracks(own_copy), "autotagging") for tag in tags
    }
