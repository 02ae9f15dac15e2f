"""Real files of ten datasets, through mirdata: what we list is what mirdata says."""

import dataclasses
import json
import shutil
from dataclasses import dataclass, field

import pytest

from soundcheck.datasets import index as indexing
from soundcheck.datasets.sources import mirdata_adapter

mirdata = pytest.importorskip("mirdata")

BEATPORT = "100066 Lindstrom - Monsteer (Original Mix)"
GIANTSTEPS = "10089 Jason Sparks - Close My Eyes feat. J. Little (Original Mix)"
MEDLEY = "d07b1fc0-567d-52c2-fef4-239f31c9d40e"
IRMAS_TEST = "IRMAS-TestingData-Part1/Part1/02 - And The Body Will Die-8"
MOODTHEME = "mtg_jamendo_autotagging_moodtheme"


@dataclass
class Sample:
    """A dataset's index as mirdata publishes it, less what is not in the sample; the labels that are expected."""

    dataset: str
    index: dict[str, dict[str, str]]
    task: str
    labels: dict[str, list[str]]
    # What mirdata's own track says, to compare with.
    attribute: str
    options: dict = field(default_factory=dict)
    groups: dict[str, str | None] = field(default_factory=dict)


SAMPLES = [
    Sample(
        "beatport_key",
        {"1": {"audio": f"audio/{BEATPORT}.mp3", "meta": f"meta/{BEATPORT}.json", "key": f"keys/{BEATPORT}.txt"}},
        "key_estimation",
        {"1": ["D minor"]},
        "key",
        groups={"1": "Lindstrom"},
    ),
    Sample(
        "giantsteps_key",
        {
            "3": {
                "audio": f"audio/{GIANTSTEPS}.mp3",
                "meta": f"meta/{GIANTSTEPS}.json",
                "key": f"keys_gs+/{GIANTSTEPS}.txt",
            }
        },
        "key_estimation",
        {"3": ["D major"]},
        "key",
        groups={"3": "Jason Sparks"},
    ),
    Sample(
        "tinysol",
        {
            "Fl-ord-C4-mf-N-T14d": {"audio": "audio/Winds/Flute/ordinario/Fl-ord-C4-mf-N-T14d.wav"},
            "Cb-ord-A2-mf-2c-N": {"audio": "audio/Strings/Contrabass/ordinario/Cb-ord-A2-mf-2c-N.wav"},
        },
        "instrument_classification",
        {"Fl-ord-C4-mf-N-T14d": ["Flute"], "Cb-ord-A2-mf-2c-N": ["Contrabass"]},
        "instrument_full",
    ),
    Sample(
        "gtzan_genre",
        {
            "country.00000": {
                "audio": "gtzan_genre/genres/country/country.00000.wav",
                "beats": "gtzan_tempo_beat-main/beats/gtzan_country_00000.beats",
                "tempo": "gtzan_tempo_beat-main/tempo/gtzan_country_00000.bpm",
            }
        },
        "genre_classification",
        {"country.00000": ["country"]},
        "genre",
    ),
    Sample(
        "medley_solos_db",
        {MEDLEY: {"audio": f"audio/Medley-solos-DB_validation-3_{MEDLEY}.wav"}},
        "instrument_classification",
        {MEDLEY: ["flute"]},
        "instrument",
        groups={MEDLEY: "210"},
    ),
    Sample(
        "irmas",
        {
            "0189__2": {
                "audio": "IRMAS-TrainingData/cla/[cla][cla]0189__2.wav",
                "annotation": "IRMAS-TrainingData/cla/[cla][cla]0189__2.wav",
            },
            "1": {"audio": f"{IRMAS_TEST}.wav", "annotation": f"{IRMAS_TEST}.txt"},
        },
        "autotagging",
        {"0189__2": ["cla"], "1": ["gel", "voi"]},
        "instrument",
        groups={"0189__2": "0189", "1": "02 - And The Body Will Die"},
    ),
    Sample(
        "good_sounds",
        {"1": {"audio": "good-sounds/sound_files/flute_almudena_reference/akg/0000.wav"}},
        "instrument_classification",
        {"1": ["flute"]},
        "instrument",
        groups={"1": "1"},
    ),
    Sample(
        "mridangam_stroke",
        {"224030": {"audio": "mridangam_stroke_1.5/B/224030__akshaylaya__bheem-b-001.wav"}},
        "stroke_classification",
        {"224030": ["bheem"]},
        "stroke_name",
    ),
    Sample(
        "orchset",
        {
            "Beethoven-S3-I-ex1": {
                "audio_mono": "audio/mono/Beethoven-S3-I-ex1.wav",
                "audio_stereo": "audio/stereo/Beethoven-S3-I-ex1.wav",
                "melody": "GT/Beethoven-S3-I-ex1.mel",
            }
        },
        "autotagging",
        {"Beethoven-S3-I-ex1": ["strings", "winds"]},
        "predominant_melodic_instruments",
        groups={"Beethoven-S3-I-ex1": "Beethoven"},
    ),
    # No recipe: the configuration says which attributes are meant.
    Sample(
        MOODTHEME,
        {"track_0000948": {"audio": "audios/48/948.mp3"}},
        "autotagging",
        {"track_0000948": ["background"]},
        "tags",
        options={"label": "tags", "group": "artist_id"},
        groups={"track_0000948": "artist_000087"},
    ),
]


@pytest.fixture(params=SAMPLES, ids=lambda sample: sample.dataset)
def sample(request, mirdata_samples, tmp_path):
    """A sample with its index on disk, and a track whose audio is not there."""
    first = next(iter(request.param.index.values()))
    # The name is of the dataset's kind: mirdata takes some labels from it.
    missing = {"missing": {kind: path.replace(".", "9.") for kind, path in first.items()}}
    path = _write_index(tmp_path, request.param.index | missing)
    folder = mirdata_samples / request.param.dataset
    options = {"dataset": request.param.dataset, "index": str(path), **request.param.options}
    return dataclasses.replace(request.param, options=options), folder


def _write_index(folder, tracks):
    path = folder / "index.json"
    files = {name: {kind: [file, None] for kind, file in files.items()} for name, files in tracks.items()}
    path.write_text(json.dumps({"version": "1", "tracks": files}))
    return path


def test_labels_are_those_that_mirdata_gives(sample):
    sample, folder = sample
    table, metadata = indexing.index(mirdata_adapter, folder, sample.dataset, sample.options)
    tracks = table.to_pandas().set_index("track_id", drop=False)
    labels = mirdata_adapter.labels(tracks, sample.task)
    dataset = mirdata.initialize(sample.dataset, data_home=str(folder))
    dataset.index_path = sample.options["index"]
    for track_id, expected in sample.labels.items():
        given = getattr(dataset.track(track_id), sample.attribute)
        assert labels[track_id] == expected
        assert expected == ([given] if isinstance(given, str) else list(given))
        assert tracks.loc[track_id, "duration_s"] > 0
        assert (folder / tracks.loc[track_id, "path"]).samefile(
            next(path for name, path in vars(dataset.track(track_id)).items() if name in _AUDIO)
        )
    assert metadata["n_found"] == len(sample.index) + 1
    assert metadata["n_left_out"] == 1
    assert tracks.loc["missing", "left_out"] == "missing file"
    assert labels["missing"] is None


_AUDIO = ("audio_path", "audio_path_mono")


def test_tracks_of_one_artist_song_or_recording_share_a_group(sample):
    sample, folder = sample
    tracks = mirdata_adapter.tracks(folder, **sample.options).set_index("track_id")
    expected = sample.groups or dict.fromkeys(sample.index)
    assert {track_id: tracks.loc[track_id, "group"] for track_id in sample.index} == expected


def test_the_licence_and_the_citation_are_those_that_mirdata_gives(sample):
    sample, _ = sample
    known = mirdata_adapter.about(**sample.options)
    dataset = mirdata.initialize(sample.dataset)
    assert known["citation"].splitlines()[0] == dataset.bibtex.strip().splitlines()[0]
    assert known["licence"][:20] == dataset._license_info[:20]
    assert known["title"]


def test_the_pitch_class_of_tinysol_is_its_pitch_without_the_octave(mirdata_samples, tmp_path):
    sample = next(sample for sample in SAMPLES if sample.dataset == "tinysol")
    path = _write_index(tmp_path, sample.index)
    tracks = mirdata_adapter.tracks(mirdata_samples / "tinysol", dataset="tinysol", index=str(path))
    labels = dict(zip(tracks["track_id"], mirdata_adapter.labels(tracks, "pitch_class_classification"), strict=True))
    assert labels == {"Fl-ord-C4-mf-N-T14d": ["C"], "Cb-ord-A2-mf-2c-N": ["A"]}


def test_the_five_splits_of_moodtheme_are_five_folds(mirdata_samples, tmp_path):
    folder = tmp_path / "moodtheme"
    shutil.copytree(mirdata_samples / MOODTHEME, folder)
    others = {"track_0003524": "audios/24/3524.mp3", "track_0003346": "audios/46/3346.mp3"}
    for path in others.values():
        (folder / path).parent.mkdir()
        (folder / path).write_bytes(b"not audio")
    index = {"track_0000948": {"audio": "audios/48/948.mp3"}} | {name: {"audio": path} for name, path in others.items()}
    path = _write_index(tmp_path, index)
    tracks = mirdata_adapter.tracks(folder, dataset=MOODTHEME, label="tags", index=str(path))
    splits = mirdata_adapter.splits(tracks, "autotagging")
    assert sorted(set(splits["fold"])) == [0, 1, 2, 3, 4]
    for _, fold in splits.groupby("fold"):
        parts = dict(zip(fold["track_id"], fold["part"], strict=True))
        assert parts == {"track_0000948": "train", "track_0003346": "validation", "track_0003524": "test"}


def test_irmas_trains_and_tests_as_published(mirdata_samples, tmp_path):
    irmas = next(sample for sample in SAMPLES if sample.dataset == "irmas")
    path = _write_index(tmp_path, irmas.index)
    tracks = mirdata_adapter.tracks(mirdata_samples / "irmas", dataset="irmas", index=str(path))
    splits = mirdata_adapter.splits(tracks, "autotagging")
    assert dict(zip(splits["track_id"], splits["part"], strict=True)) == {"0189__2": "train", "1": "test"}
    # Test excerpts have several instruments: to tell one is a task of the training excerpts, and split by us.
    assert mirdata_adapter.splits(tracks, "instrument_classification") is None
    assert list(mirdata_adapter.labels(tracks, "instrument_classification")) == [["cla"], None]
