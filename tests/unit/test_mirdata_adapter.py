import functools
import hashlib
import importlib.util
import json
import threading
import zipfile
from collections import Counter
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from soundcheck import datasets, downloads, indexing, splits
from soundcheck.datasets import mirdata_adapter
from soundcheck.errors import SoundcheckError

mirdata = pytest.importorskip("mirdata")

# What the annotations of the electronic music collections look like, and what becomes of each.
KEYS = {
    "100066 Lindstrom - Monsteer (Original Mix)": ("D minor", ["D minor"]),
    "100067 A - Flat (Original Mix)": ("Db major\n", ["C# major"]),
    "100068 B - Flat (Original Mix)": ("  Bb   minor ", ["A# minor"]),
    "100069 A, B - Odd (Original Mix)": ("F#_ minor", ["F# minor"]),
    "100070 C - Rare (Original Mix)": ("Cb major", ["B major"]),
    "100071 C - Rare (Remix)": ("E# minor", ["F minor"]),
    "100072 D - Two (Original Mix)": ("A minor | C major", "2 keys are annotated (A minor, C major)"),
    "100073 D - None (Original Mix)": ("unknown", "'x' is not one major or minor key"),
    "100074 E - Other (Original Mix)": ("E minor other", "'E minor other' is not one major or minor key"),
    "100075 E - Other (Remix)": ("E other", "'E other' is not one major or minor key"),
    "100076 F - Mode (Original Mix)": ("D dorian", "unknown key 'D dorian'"),
}
N_KEYS = 6


def write(path, content=b"not audio"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())


def write_index(folder, name, tracks):
    files = {name: {kind: [file, "0" * 32] for kind, file in files.items()} for name, files in tracks.items()}
    write(folder / name, json.dumps({"version": "1", "tracks": files}))


def write_keys(folder, keys_folder, index):
    """A miniature of the published layout: audio, annotations, Beatport's metadata, mirdata's index."""
    tracks = {}
    for number, (name, (key, _)) in enumerate(KEYS.items(), start=1):
        files = {"audio": f"audio/{name}.mp3", "meta": f"meta/{name}.json", "key": f"{keys_folder}/{name}.txt"}
        artists = [{"id": 1, "name": artist} for artist in name.split(" ", 1)[1].split(" - ")[0].split(", ")]
        write(folder / files["audio"])
        write(folder / files["meta"], json.dumps({"artists": artists, "genres": [], "bpm": 120}))
        write(folder / files["key"], key)
        tracks[str(number)] = files
    write_index(folder, index, tracks)


COLUMNS = (
    "Path,Fold,Family,Instrument (abbr.),Instrument (in full),Technique (abbr.),Technique (in full),Pitch,Pitch ID,"
    "Dynamics,Dynamics ID,Instance ID,String ID (if applicable),Needed digital retuning"
)
INSTRUMENTS = {"Vc": ("Strings", "Violoncello"), "Fl": ("Winds", "Flute"), "ClBb": ("Winds", "Clarinet in B-flat")}
PITCHES = ("C4", "A#4", "G5", "C5", "F#3")
N_TINYSOL = len(INSTRUMENTS) * len(PITCHES) * 5


def write_tinysol(folder):
    """Three instruments, five pitches, each in every one of the five folds."""
    lines, tracks = [COLUMNS], {}
    for short, (family, instrument) in INSTRUMENTS.items():
        for pitch in PITCHES:
            for fold, dynamics in enumerate(("pp", "p", "mf", "f", "ff")):
                name = f"{short}-ord-{pitch}-{dynamics}-N-N"
                path = f"{family}/{instrument}/ordinario/{name}.wav"
                lines.append(
                    f"{path},{fold},{family},{short},{instrument},ord,ordinario,{pitch},60,{dynamics},{fold},0,,FALSE"
                )
                write(folder / "audio" / path)
                tracks[name] = {"audio": f"audio/{path}"}
    write(folder / "annotation" / "TinySOL_metadata.csv", "\n".join(lines))
    write_index(folder, "tinysol_index_6.0.json", tracks)


@pytest.fixture
def tinysol(tmp_path):
    write_tinysol(tmp_path / "tinysol")
    return tmp_path / "tinysol"


@pytest.fixture(params=[("beatport_key", "keys", "1.0.0"), ("giantsteps_key", "keys_gs+", "+")], ids=lambda row: row[0])
def key_dataset(request, tmp_path):
    name, keys_folder, version = request.param
    write_keys(tmp_path, keys_folder, f"{name}_index_{version}.json")
    return name, tmp_path


def labels_of(folder, task, **options):
    tracks = mirdata_adapter.tracks(folder, **options)
    return dict(zip(tracks["track_id"], mirdata_adapter.labels(tracks, task), strict=True))


def test_one_key_of_two_words_is_kept_and_written_in_sharps(key_dataset):
    name, folder = key_dataset
    labels = labels_of(folder, "key_estimation", dataset=name)
    # mirdata writes `x` for `unknown` in one of the two datasets.
    given = [label if isinstance(label, list) else label.replace("'unknown'", "'x'") for label in labels.values()]
    for found, (_, expected) in zip(given, KEYS.values(), strict=True):
        assert found == expected or (isinstance(found, str) and found.startswith(expected))
    assert sum(isinstance(label, list) for label in given) == N_KEYS


def test_what_the_key_filter_leaves_out_is_listed_with_its_reason(key_dataset):
    name, folder = key_dataset
    for path in (folder / "keys", folder / "keys_gs+"):
        if path.is_dir():
            for number, file in enumerate(sorted(path.iterdir())):
                if number < N_KEYS:
                    file.write_text("A minor")
    tracks = mirdata_adapter.tracks(folder, dataset=name)
    table, _ = splits.make_split(
        tracks,
        mirdata_adapter.labels(tracks, "key_estimation"),
        dataset=name,
        task="key_estimation",
        task_type="multiclass",
        split="single",
        seed=0,
    )
    parts = Counter(table["part"].to_pylist())
    assert parts["left_out"] == len(KEYS) - N_KEYS
    assert sum(parts.values()) == len(KEYS)
    assert all(row["reason"] for row in table.to_pylist() if row["part"] == "left_out")


def test_tracks_that_share_one_artist_of_several_are_one_group(key_dataset):
    name, folder = key_dataset
    tracks = mirdata_adapter.tracks(folder, dataset=name)
    groups = dict(zip(KEYS, tracks["group"], strict=True))
    a, b, both = (groups[track] for track in list(KEYS)[1:4])
    assert a == b == both == "A"
    assert groups["100070 C - Rare (Original Mix)"] == groups["100071 C - Rare (Remix)"] == "C"
    assert mirdata_adapter.groups(tracks, "key_estimation")[1] == "artist"


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


def test_tinysol_has_instruments_and_pitch_classes(tinysol):
    instruments = labels_of(tinysol, "instrument_classification", dataset="tinysol")
    assert Counter(label[0] for label in instruments.values()) == {
        instrument: len(PITCHES) * 5 for _, instrument in INSTRUMENTS.values()
    }
    pitches = labels_of(tinysol, "pitch_class_classification", dataset="tinysol")
    assert Counter(label[0] for label in pitches.values()) == {"C": 30, "A#": 15, "G": 15, "F#": 15}
    assert len(pitches) == N_TINYSOL


@pytest.mark.parametrize("task", ["instrument_classification", "pitch_class_classification"])
def test_tinysol_rotates_its_official_folds(tinysol, task):
    tracks = mirdata_adapter.tracks(tinysol, dataset="tinysol")
    official = mirdata_adapter.splits(tracks, task).set_index(["fold", "track_id"])["part"]
    for rotation in range(5):
        expected = {rotation: "validation", (rotation + 1) % 5: "test"}
        for fold, dynamics in enumerate(("pp", "p", "mf", "f", "ff")):
            assert official[rotation, f"Fl-ord-G5-{dynamics}-N-N"] == expected.get(fold, "train")
    n_fold = N_TINYSOL // 5
    for split, n_folds in (("single", 1), ("all", 5)):
        table, metadata = splits.make_split(
            tracks,
            mirdata_adapter.labels(tracks, task),
            dataset="tinysol",
            task=task,
            task_type="multiclass",
            split=split,
            seed=0,
            official=mirdata_adapter.splits(tracks, task),
        )
        assert metadata["official"]
        counts = Counter(table["part"].to_pylist())
        assert counts == {"train": 3 * n_fold * n_folds, "validation": n_fold * n_folds, "test": n_fold * n_folds}


def test_a_table_that_was_written_and_read_gives_the_same_labels_and_parts(tinysol):
    for options in ({"dataset": "tinysol"}, {"dataset": "tinysol", "label": "dynamics", "split_attribute": ""}):
        before = mirdata_adapter.tracks(tinysol, **options).sort_values("track_id", ignore_index=True)
        table, _ = indexing.index(mirdata_adapter, tinysol, "tinysol", {"csv": "", **options})
        after = table.to_pandas()
        task = "instrument_classification"
        assert list(mirdata_adapter.labels(after, task)) == list(mirdata_adapter.labels(before, task))
        both = [mirdata_adapter.splits(each, task) for each in (before, after)]
        assert both == [None, None] if "label" in options else both[0].equals(both[1])
        assert [mirdata_adapter.groups(each, task)[1] for each in (before, after)] == [None, None]


def test_any_attribute_may_be_the_label_of_any_task(tinysol):
    labels = labels_of(tinysol, "dynamics_classification", dataset="tinysol", label="dynamics")
    assert labels["Fl-ord-G5-pp-N-N"] == ["pp"]
    labels = labels_of(tinysol, "any", dataset="tinysol", label=["family", "pitch_id"])
    assert labels["Fl-ord-G5-pp-N-N"] == ["Winds 60"]
    assert (
        mirdata_adapter.groups(mirdata_adapter.tracks(tinysol, dataset="tinysol", group="pitch"), "any")[1] == "pitch"
    )


def test_the_keys_of_an_own_label_are_read_as_keys(key_dataset):
    name, folder = key_dataset
    with_recipe = labels_of(folder, "key_estimation", dataset=name)
    assert labels_of(folder, "key_estimation", dataset=name, label="key") == with_recipe


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


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "which dataset of mirdata"),
        ({"dataset": "tinysoll"}, r"has no dataset 'tinysoll' \(did you mean 'tinysol'\?\)"),
        ({"dataset": "tinysol", "version": "6.1"}, r"no version '6.1' \(did you mean '6.0'\?\); it has default, 6.0"),
        ({"dataset": "tinysol", "lable": "x"}, r"unknown option 'lable' \(did you mean 'label'\?\)"),
        (
            {"dataset": "tinysol", "label": "instrument"},
            r"`label`: .* 'instrument' \(did you mean 'instrument_full'\?\)",
        ),
        ({"dataset": "tinysol", "group": "pich"}, r"`group`: .* 'pich' \(did you mean 'pitch'\?\)"),
        ({"dataset": "tinysol", "audio": "audio_pth"}, r"`audio`: .* 'audio_pth' \(did you mean 'audio_path'\?\)"),
        ({"dataset": "tinysol", "split_attribute": "folds"}, "`split_attribute`: .* no attribute 'folds'"),
        ({"dataset": "tinysol", "split_attribute": "family"}, "'family' tells no parts.*strings, winds"),
        ({"dataset": "tinysol", "label": "audio"}, "no track of mirdata's 'tinysol' can be used"),
        ({"dataset": "tinysol", "index": "no.json"}, "the `index` 'no.json' is neither"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(tinysol, options, message):
    with pytest.raises(SoundcheckError, match=message):
        mirdata_adapter.tracks(tinysol, **options)


def test_an_unknown_task_is_refused_with_the_nearest(tinysol):
    tracks = mirdata_adapter.tracks(tinysol, dataset="tinysol")
    with pytest.raises(SoundcheckError, match=r"no task 'instrument_classificaton' \(did you mean 'instrument_class"):
        mirdata_adapter.labels(tracks, "instrument_classificaton")


def test_a_dataset_without_a_recipe_asks_for_its_label(tmp_path):
    write_index(tmp_path, "vocadito_index_1.0.json", {"1": {"audio": "Audio/vocadito_1.wav", "f0": "x", "lyrics": "x"}})
    with pytest.raises(SoundcheckError, match="Give the option `label`"):
        mirdata_adapter.tracks(tmp_path, dataset="vocadito")


MEDLEY = {"train": ("flute", 1), "validation": ("flute", 2), "test": ("piano", 3)}


def write_medley(folder, subsets=MEDLEY):
    lines, tracks = ["subset,instrument,instrument_id,song_id,uuid4"], {}
    for number, (subset, (instrument, song)) in enumerate(subsets.items()):
        identity = f"d07b1fc0-567d-52c2-fef4-{number:012}"
        lines.append(f"{subset},{instrument},3,{song},{identity}")
        tracks[identity] = {"audio": f"audio/Medley-solos-DB_{subset}-3_{identity}.wav"}
        write(folder / tracks[identity]["audio"])
    write(folder / "annotation" / "Medley-solos-DB_metadata.csv", "\n".join(lines))
    write_index(folder, "medley_solos_db_index_1.2.json", tracks)


def test_parts_may_come_from_an_attribute_of_another_name(tmp_path):
    write_medley(tmp_path)
    tracks = mirdata_adapter.tracks(tmp_path, dataset="medley_solos_db")
    official = mirdata_adapter.splits(tracks, "instrument_classification")
    assert list(official["part"]) == ["train", "validation", "test"]
    assert list(tracks["group"]) == ["1", "2", "3"]
    # The configuration may do without the published split, and without the groups.
    tracks = mirdata_adapter.tracks(tmp_path, dataset="medley_solos_db", split_attribute="", group="")
    assert mirdata_adapter.splits(tracks, "instrument_classification") is None
    assert tracks["group"].isna().all()


def test_a_part_of_another_name_is_in_no_part(tmp_path):
    write_medley(tmp_path, MEDLEY | {"omitted": ("violin", 4)})
    tracks = mirdata_adapter.tracks(tmp_path, dataset="medley_solos_db")
    assert len(mirdata_adapter.splits(tracks, "instrument_classification")) == 3


def test_excerpts_of_one_recording_of_irmas_share_a_group(tmp_path):
    train = "IRMAS-TrainingData/cel/"
    audio = [
        f"{train}008__[cel][nod][cla]0058__1.wav",
        f"{train}[cel][cla]0058__2.wav",
        f"{train}[cel][cla]0059__1.wav",
    ]
    audio += [f"IRMAS-TestingData-Part1/Part1/0050_10CC___I_M_NOT_IN_LOVE-{number}.wav" for number in (11, 13)]
    ids = ["0058__1", "0058__2", "0059__1", "1", "2"]
    for path in audio:
        write(tmp_path / path)
        write((tmp_path / path).with_suffix(".txt"), "gel\t\nvoi\t\n")
    files = {i: {"audio": path, "annotation": path.replace(".wav", ".txt")} for i, path in zip(ids, audio, strict=True)}
    write_index(tmp_path, "irmas_index_1.0.json", files)
    tracks = mirdata_adapter.tracks(tmp_path, dataset="irmas")
    song = "0050_10CC___I_M_NOT_IN_LOVE"
    assert list(tracks["group"]) == ["0058", "0058", "0059", song, song]
    assert list(mirdata_adapter.labels(tracks, "autotagging")) == [["cel"]] * 3 + [["gel", "voi"]] * 2


def test_keys_of_the_free_music_archive_are_two_columns_joined(tmp_path):
    keys = {"000002": "Bb Major", "000003": "C# minor"}
    lines = ["track_id,spotify_uri,key_and_mode", *(f"{i},uri,{key}" for i, key in keys.items())]
    write(tmp_path / "fma_keys_metadata.csv", "\n".join(lines))
    for i in keys:
        write(tmp_path / "000" / f"{i}.mp3")
    write_index(tmp_path, "fma_keys_index_1.0.json", {i: {"audio": f"000/{i}.mp3"} for i in keys})
    assert list(labels_of(tmp_path, "key_estimation", dataset="fma_keys").values()) == [["A# major"], ["C# minor"]]


def test_a_citation_has_its_accents_and_no_abstract():
    citation = mirdata_adapter.about(dataset="beatport_key")["citation"]
    assert "{\\'A}ngel Faraldo" in citation
    assert "abstract" not in citation
    assert mirdata_adapter.about(dataset="fma_keys")["citation"].startswith("@inproceedings{wong2023fmak,")


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


def test_nothing_where_the_index_says_is_told_once(tinysol):
    for path in tinysol.rglob("*.wav"):
        path.unlink()
    with pytest.raises(SoundcheckError, match=r"none of the audio .* is in '.*tinysol' \(first: 'audio/Strings"):
        mirdata_adapter.tracks(tinysol, dataset="tinysol")


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
    record = datasets.provide("mirdata_adapter", "tinysol", tinysol, {"dataset": "tinysol"})
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


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("maestro", "mirdata's index of 'maestro' is not here"),
        ("dali", r"needs a package that is not installed .*pip install 'mirdata\[dali\]'"),
        ("simac", "its 'simac' has no version '1.0', which it means by 'default'"),
    ],
)
def test_what_keeps_mirdata_from_opening_a_dataset_is_told(name, message, tmp_path):
    if name == "simac" and mirdata.__version__ != "1.0.0":
        pytest.skip("another release of mirdata may have mended it")
    if name == "dali" and importlib.util.find_spec("DALI"):
        pytest.skip("the package is installed")
    with pytest.raises(SoundcheckError, match=message):
        mirdata_adapter.tracks(tmp_path, dataset=name, label="label")


def test_nothing_is_downloaded_for_a_version_that_has_no_index(tmp_path):
    with pytest.raises(SoundcheckError, match="publishes none for version 'sample'"):
        mirdata_adapter.download(tmp_path / "new", dataset="tinysol", version="sample")
    assert not list(tmp_path.iterdir())


@pytest.fixture
def server(tmp_path):
    """A local web server of the folder `published`."""
    folder = tmp_path / "published"
    folder.mkdir()
    handler = functools.partial(SimpleHTTPRequestHandler, directory=folder)
    handler.log_message = lambda *_: None
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield folder, f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


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
    with pytest.raises(downloads.DownloadError, match="md5"):
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
