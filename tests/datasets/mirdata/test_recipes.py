"""What is known of single datasets of mirdata: labels and groups as their collections mean them."""

from collections import Counter

import pytest
from mirdata_folders import INSTRUMENTS, KEYS, N_KEYS, N_TINYSOL, PITCHES, labels_of, write, write_index

from soundcheck.datasets.sources import mirdata_adapter
from soundcheck.datasets.splits import making

pytest.importorskip("mirdata")


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
    tracks = mirdata_adapter.tracks(folder, dataset=name)
    table, _ = making.make_split(
        tracks,
        mirdata_adapter.labels(tracks, "key_estimation"),
        dataset=name,
        task="key_estimation",
        task_type="multiclass",
        split="everything",
        seed=0,
    )
    parts = Counter(table["part"].to_pylist())
    assert parts["left_out"] == len(KEYS) - N_KEYS
    assert sum(parts.values()) == len(KEYS)
    assert all(row["reason"] for row in table.to_pylist() if row["part"] == "left_out")


def test_tinysol_has_instruments_and_pitch_classes(tinysol):
    instruments = labels_of(tinysol, "instrument_classification", dataset="tinysol")
    assert Counter(label[0] for label in instruments.values()) == {
        instrument: len(PITCHES) * 5 for _, instrument in INSTRUMENTS.values()
    }
    pitches = labels_of(tinysol, "pitch_class_classification", dataset="tinysol")
    assert Counter(label[0] for label in pitches.values()) == {"C": 30, "A#": 15, "G": 15, "F#": 15}
    assert len(pitches) == N_TINYSOL


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
