"""A miniature of MTG-Jamendo as published: lists of splits, lists of digests, an archive for each folder of tracks."""

import hashlib
import io
import tarfile

import numpy as np
import pytest
import soundfile
from local_server import published, redirect, serving
from official import indexed, tagging_split

from soundcheck.datasets.sources import mtg_jamendo
from soundcheck.plumbing import downloads
from soundcheck.plumbing.errors import DownloadError, SoundcheckError

HEADER = "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS"
TAGS = {
    "top50tags": ("genre---rock", "instrument---piano", "mood/theme---happy"),
    "genre": ("genre---rock", "genre---jazz"),
    "instrument": ("instrument---piano", "instrument---bass"),
    "moodtheme": ("mood/theme---happy", "mood/theme---dark"),
}
# Five artists of four tracks each, in four folders. In split i, artist i is tested, artist i + 1 validates.
NUMBERS = [str(1000 + 100 * (i // 4) + i % 4) for i in range(20)]
ABSENT = NUMBERS[7]


def artist(number):
    return NUMBERS.index(number) // 4


def path_of(number):
    return f"{number[-2:]}/{number}.mp3"


def part_of(number, split):
    return {0: "test", 1: "validation"}.get((artist(number) - split) % 5, "train")


def row(number, subset):
    tags = TAGS[subset] if NUMBERS.index(number) % 2 else TAGS[subset][:1]
    return "\t".join(
        [f"track_{number:0>7}", f"artist_{artist(number):06}", "album_000149", path_of(number), "212.7", *tags]
    )


def split_lists():
    for subset in mtg_jamendo.SUBSETS:
        for split in range(5):
            for part in ("train", "validation", "test"):
                rows = [row(number, subset) for number in NUMBERS if part_of(number, split) == part]
                yield mtg_jamendo._split_file(subset, split, part), "\n".join([HEADER, *rows]) + "\n"


def archive_of(folder, audio):
    """A tar with a folder of tracks, as published."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as archive:
        top = tarfile.TarInfo(folder)
        top.type = tarfile.DIRTYPE
        archive.addfile(top)
        for number in NUMBERS:
            if number[-2:] == folder and number != ABSENT:
                info = tarfile.TarInfo(f"{folder}/{number}.low.mp3")
                info.size = len(audio)
                archive.addfile(info, io.BytesIO(audio))
    return content.getvalue()


def publish(folder):
    remotes = mtg_jamendo.REMOTES
    for file, text in split_lists():
        published(folder, remotes[file].url).write_text(text)
    audio = io.BytesIO()
    soundfile.write(audio, np.zeros(4410, dtype=np.float32), 44100, format="MP3")
    for archive in ("raw_30s", "autotagging_moodtheme"):
        digests = []
        for number in sorted({number[-2:] for number in NUMBERS}):
            name = f"{archive}_audio-low-{number}.tar"
            content = archive_of(number, audio.getvalue())
            published(folder, f"{remotes[f'{archive} audio'].url}/{name}").write_bytes(content)
            digests.append(f"{hashlib.sha256(content).hexdigest()} {name}\n")
        published(folder, remotes[f"{archive} digests"].url).write_text("".join(digests))


N_FOLDERS = len({number[-2:] for number in NUMBERS})
N_LISTS = 4 * 5 * 3


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    folder = tmp_path_factory.mktemp("public")
    publish(folder)
    return folder


@pytest.fixture(scope="module")
def folder(public, tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "mtg_jamendo"
    with pytest.MonkeyPatch.context() as monkeypatch, serving(public) as server:
        redirect(monkeypatch, mtg_jamendo, server.address)
        mtg_jamendo.download(folder, subset="genre")
        mtg_jamendo.download(folder, subset="instrument")
        assert len(server.asked) == N_LISTS + 1 + N_FOLDERS
        assert len(set(server.asked)) == len(server.asked)
    return folder


@pytest.fixture(params=mtg_jamendo.SUBSETS)
def subset(request):
    return request.param


@pytest.fixture
def tracks(folder, subset, tmp_path):
    return indexed(mtg_jamendo, folder, tmp_path, subset=subset)


def test_one_folder_of_audio_serves_every_subset_and_no_archive_is_left(folder):
    assert sorted(path.name for path in folder.iterdir()) == ["audio", "data"]
    assert [path.name for path in folder.parent.iterdir()] == ["mtg_jamendo"]
    assert len(list(folder.glob("audio/??/*.low.mp3"))) == len(NUMBERS) - 1


def test_every_track_that_a_split_names_is_listed_and_a_missing_file_reported(tracks):
    assert len(tracks) == len(NUMBERS)
    reasons = tracks.set_index("track_id")["left_out"].dropna()
    assert reasons.to_dict() == {f"track_{ABSENT:0>7}": "missing file"}
    assert tracks["group"].nunique() == 5


def test_labels_are_the_tags_of_the_subset_with_their_category(tracks, subset):
    labels = mtg_jamendo.labels(tracks.set_index("track_id", drop=False), "autotagging")
    assert labels[f"track_{NUMBERS[0]:0>7}"] == list(TAGS[subset][:1])
    assert labels[f"track_{NUMBERS[1]:0>7}"] == list(TAGS[subset])


def test_all_are_five_folds_each_with_its_own_test_artist(tracks, subset):
    rows, metadata = tagging_split(mtg_jamendo, tracks, split="all")
    counts = rows.groupby(["fold", "part"]).size().unstack()
    # Four tracks of each artist, and one that is missing, of artist 1.
    assert counts["test"].tolist() == [4, 3, 4, 4, 4]
    assert counts["validation"].tolist() == [3, 4, 4, 4, 4]
    assert counts["train"].tolist() == [12, 12, 11, 11, 11]
    tested = rows[rows["part"] == "test"].groupby("fold")["group"].unique()
    assert [list(artists) for artists in tested] == [[f"artist_{i:06}"] for i in range(5)]
    assert metadata["classes"] == sorted(TAGS[subset])
    assert metadata["group_overlap"] == []


def test_single_is_split_0_and_others_go_by_name(tracks):
    rows, _ = tagging_split(mtg_jamendo, tracks)
    assert set(rows["fold"]) == {0}
    assert set(rows[rows["part"] == "test"]["group"]) == {"artist_000000"}
    rows, _ = tagging_split(mtg_jamendo, tracks, "split-3")
    assert set(rows[rows["part"] == "test"]["group"]) == {"artist_000003"}


def test_mood_and_theme_have_an_archive_of_their_own(public, tmp_path, monkeypatch):
    with serving(public) as server:
        redirect(monkeypatch, mtg_jamendo, server.address)
        mtg_jamendo.download(tmp_path / "moodtheme", subset="moodtheme")
        assert len(server.asked) == N_LISTS / 4 + 1 + N_FOLDERS
        assert not any("raw_30s" in path or "genre" in path for path in server.asked)
    assert len(mtg_jamendo.tracks(tmp_path / "moodtheme", subset="moodtheme")) == len(NUMBERS)
    with pytest.raises(SoundcheckError, match="no splits of genre"):
        mtg_jamendo.download(tmp_path / "moodtheme", subset="genre")


def test_an_archive_with_a_wrong_digest_is_refused_and_what_was_unpacked_is_not_fetched_again(
    public, tmp_path, monkeypatch
):
    # One after the other, so that the others are complete when the last one fails.
    monkeypatch.setattr(downloads, "_AT_ONCE", 1)
    damaged = sorted(public.rglob("raw_30s_audio-low-*.tar"))[-1]
    good = damaged.read_bytes()
    with serving(public) as server:
        redirect(monkeypatch, mtg_jamendo, server.address)
        damaged.write_bytes(bytes([*good[:-1], 1]))
        try:
            with pytest.raises(DownloadError, match=rf"{damaged.name}.*expected sha256"):
                mtg_jamendo.download(tmp_path / "mtg", subset="genre")
        finally:
            damaged.write_bytes(good)
        assert not (tmp_path / "mtg").exists()
        unpacked = {path.name for path in (tmp_path / "mtg.download" / "complete" / "audio").iterdir()}
        assert len(unpacked) == N_FOLDERS - 1
        assert damaged.stem[-2:] not in unpacked
        server.asked.clear()
        mtg_jamendo.download(tmp_path / "mtg", subset="genre")
        assert unpacked.isdisjoint(path[-6:-4] for path in server.asked)
    assert len(list((tmp_path / "mtg").glob("audio/??/*.mp3"))) == len(NUMBERS) - 1


@pytest.mark.parametrize(("subset", "message"), [("", "is missing; valid are"), ("genres", "did you mean 'genre'")])
def test_a_subset_that_is_not_one_is_refused(tmp_path, subset, message):
    for function in (mtg_jamendo.download, mtg_jamendo.tracks):
        with pytest.raises(SoundcheckError, match=message):
            function(tmp_path, subset=subset)


@pytest.fixture
def own_copy(tmp_path):
    """The repository's own folder of splits, and full-quality files, laid out by hand."""
    for file, text in split_lists():
        path = tmp_path / "data" / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for number in NUMBERS:
        path = tmp_path / "audios" / path_of(number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"audio")
    return tmp_path


def test_a_copy_that_is_already_there_is_used_and_not_written_to(own_copy):
    before = sorted(own_copy.rglob("*"))
    mtg_jamendo.download(own_copy, subset="genre")
    tracks = mtg_jamendo.tracks(own_copy, subset="genre")
    assert set(tracks["path"]) == {f"audios/{path_of(number)}" for number in NUMBERS}
    assert sorted(own_copy.rglob("*")) == before


def test_audio_without_splits_is_explained_in_one_message(tmp_path):
    (tmp_path / "48").mkdir()
    (tmp_path / "48" / "948.mp3").write_bytes(b"audio")
    with pytest.raises(SoundcheckError, match=r"Put the folder data/splits of https://github.com/MTG"):
        mtg_jamendo.download(tmp_path, subset="genre")


def test_splits_without_audio_are_refused(own_copy):
    for path in own_copy.rglob("*.mp3"):
        path.unlink()
    with pytest.raises(SoundcheckError, match="holds none of the 20 tracks of genre"):
        mtg_jamendo.tracks(own_copy, subset="genre")


def rewrite(own_copy, part, change):
    path = own_copy / "data" / mtg_jamendo._split_file("genre", 2, part)
    path.write_text(change(path.read_text()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("TRACK_ID", "ID"), r"split-2.*-test.tsv: not the published table"),
        (lambda text: text.replace("\t212.7", "", 1).split("\tgenre", 1)[0], r"line 2: 4 cells, expected at least 6"),
        (lambda text: text + row(NUMBERS[0], "genre"), rf"track_{NUMBERS[0]:0>7} is in test and in train"),
    ],
)
def test_splits_in_another_form_are_refused(own_copy, change, message):
    rewrite(own_copy, "test", change)
    with pytest.raises(SoundcheckError, match=message):
        mtg_jamendo.tracks(own_copy, subset="genre")


def test_a_missing_list_is_named(own_copy):
    (own_copy / "data" / mtg_jamendo._split_file("genre", 4, "validation")).unlink()
    with pytest.raises(SoundcheckError, match=r"split-4/autotagging_genre-validation.tsv' is missing"):
        mtg_jamendo.tracks(own_copy, subset="genre")


def test_stray_spaces_do_not_make_another_tag(own_copy):
    rewrite(own_copy, "train", lambda text: text.replace("genre---jazz", " genre---jazz ").replace("\n", "\r\n"))
    labels = mtg_jamendo.labels(mtg_jamendo.tracks(own_copy, subset="genre"), "autotagging")
    assert {tag for tags in labels for tag in tags} == set(TAGS["genre"])


def test_the_real_files_are_read(mirdata_samples, tmp_path):
    folder = mirdata_samples / "mtg_jamendo_autotagging_moodtheme"
    mtg_jamendo.download(folder, subset="moodtheme")
    tracks = indexed(mtg_jamendo, folder, tmp_path, subset="moodtheme").set_index("track_id", drop=False)
    sample = tracks.loc["track_0000948"]
    assert (sample["path"], sample["group"], sample["album"]) == ("audios/48/948.mp3", "artist_000087", "album_000149")
    assert sample["left_out"] is None or sample["left_out"] != sample["left_out"]
    assert mtg_jamendo.labels(tracks, "autotagging")["track_0000948"] == ["mood/theme---background"]
    assert (tracks.drop("track_0000948")["left_out"] == "missing file").all()
    folds = mtg_jamendo.splits(tracks, "autotagging")
    assert folds[folds["track_id"] == "track_0000948"].set_index("fold")["part"][1] == "train"


def test_an_unknown_split_or_task_is_refused(own_copy):
    tracks = mtg_jamendo.tracks(own_copy, subset="genre")
    with pytest.raises(SoundcheckError, match=r"no published split 'split-5' \(did you mean 'split-"):
        mtg_jamendo.splits(tracks, "autotagging", "split-5")
    with pytest.raises(SoundcheckError, match="no task 'genre'"):
        mtg_jamendo.labels(tracks, "genre")
