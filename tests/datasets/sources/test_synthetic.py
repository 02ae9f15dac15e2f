import hashlib
import json

import numpy as np
import pytest
import soundfile

from soundcheck import keys
from soundcheck.datasets import index
from soundcheck.datasets.sources import synthetic

SOME = 24


def digests(folder):
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*.wav")}


@pytest.fixture(scope="module")
def rows():
    return synthetic.tracks("").to_dict("records")


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data") / "synthetic"
    # What a killed rendering leaves behind must not get into the next one.
    (folder.parent / ".synthetic.rendering" / "notes").mkdir(parents=True)
    (folder.parent / ".synthetic.rendering" / "notes" / "half.wav").write_bytes(b"RIFF")
    synthetic.download(folder)
    return folder


def test_every_track_is_rendered_and_readable(rendered, rows):
    table, metadata = index.index(synthetic, rendered, "synthetic", {}, 2)
    assert metadata["n_found"] == 816
    assert metadata["n_left_out"] == 0
    assert metadata["synthetic"] is True
    assert len(list(rendered.rglob("*.wav"))) == 816
    assert set(table["sample_rate"].to_pylist()) == {synthetic.SAMPLE_RATE}
    assert sum(table["duration_s"].to_pylist()) < 900
    assert table.schema.field("midi").type == "int64"
    assert not list(rendered.parent.glob(".synthetic*"))


def test_rendering_is_bit_equal_in_any_order_and_anew(rendered, rows, tmp_path):
    chosen = rows[:: len(rows) // SOME]
    synthetic.write(chosen[::-1], tmp_path)
    whole = digests(rendered)
    again = digests(tmp_path)
    assert len(again) == len(chosen)
    assert all(whole[name] == digest for name, digest in again.items())


def test_a_rendered_folder_is_used_as_it_is(rendered):
    before = {path: path.stat().st_mtime_ns for path in rendered.rglob("*")}
    synthetic.download(rendered)
    assert {path: path.stat().st_mtime_ns for path in rendered.rglob("*")} == before


def test_a_folder_of_other_files_is_never_overwritten(tmp_path):
    (tmp_path / "mine.wav").write_bytes(b"mine")
    with pytest.raises(FileExistsError, match="holds other files"):
        synthetic.download(tmp_path)
    assert (tmp_path / "mine.wav").read_bytes() == b"mine"


def test_nothing_is_clipped_and_levels_are_as_listed(rendered, rows):
    for row in rows[:: len(rows) // SOME]:
        signal, _ = soundfile.read(rendered / row["path"])
        assert np.abs(signal).max() < 0.98
        level_db = 10 * np.log10(np.mean(signal**2))
        assert level_db == pytest.approx(row["level_db"], abs=0.1)


def test_the_factors_are_balanced():
    tracks = synthetic.tracks("")
    notes = tracks[tracks["kind"] == "note"]
    assert (notes.groupby("timbre").size() == 72).all()
    assert (notes.groupby("pitch_class").size() == 48).all()
    assert (notes.groupby("loudness").size() == 192).all()
    assert (notes.groupby(["timbre", "loudness"]).size() == 24).all()
    progressions = tracks[tracks["kind"] == "progression"]
    assert (progressions.groupby("key").size() == 10).all()
    assert not progressions.duplicated(["key", "progression"]).any()


def test_the_two_levels_of_a_note_share_a_group():
    notes = synthetic.tracks("").query("kind == 'note'")
    assert (notes.groupby("group")["loudness"].nunique() == 2).all()
    assert (notes.groupby("group")[["timbre", "midi"]].nunique() == 1).all(axis=None)


def test_tasks_apply_where_their_factor_is_known():
    tracks = synthetic.tracks("")
    is_note = tracks["kind"] == "note"
    for task in ("instrument_classification", "pitch_class_classification"):
        assert (synthetic.labels(tracks, task).notna() == is_note).all()
    key = synthetic.labels(tracks, "key_estimation")
    assert (key.notna() == ~is_note).all()
    assert {label[0] for label in key.dropna()} == set(keys.KEYS)
    assert all(name.startswith("synthetic-") for name in synthetic.TIMBRES)
    tags = synthetic.labels(tracks, "autotagging")
    assert all("vibrato" in label for label in tags[tracks["timbre"] == "synthetic-bowed"])
    assert not any("vibrato" in label for label in tags[tracks["timbre"] == "synthetic-organ"])


def test_the_pitch_that_sounds_is_the_pitch_that_is_listed(rendered, rows):
    for row in [row for row in rows if row["timbre"] == "synthetic-organ" and row["loudness"] == "loud"]:
        signal, rate = soundfile.read(rendered / row["path"])
        spectrum = np.abs(np.fft.rfft(signal * np.hanning(len(signal)), 1 << 16))
        hertz = np.fft.rfftfreq(1 << 16, 1 / rate)
        near = (hertz > row["pitch_hz"] * 0.7) & (hertz < row["pitch_hz"] * 1.4)
        found = hertz[near][np.argmax(spectrum[near])]
        assert 1200 * abs(np.log2(found / row["pitch_hz"])) < 10
        assert 12 * abs(np.log2(row["pitch_hz"] / 440) - (row["midi"] - 69) / 12) <= 0.2001


def test_the_marker_names_the_dataset_synthetic(rendered):
    assert "synthetic" in json.loads((rendered / "synthetic.json").read_text())["title"].lower()
    assert "synthetic" in synthetic.TITLE.lower()


def test_the_synthetic_progressions_know_their_tempo():
    tracks = synthetic.tracks("anywhere")
    labels = synthetic.labels(tracks, "tempo_estimation")
    assert labels.notna().sum() == 240
    # As a table of tracks gives it back: notes have no tempo, so whole numbers become real ones.
    assert list(synthetic.labels(tracks.assign(bpm=tracks["bpm"].astype(float)), "tempo_estimation")) == list(labels)
    assert {95 <= int(label[0]) <= 160 for label in labels.dropna()} == {True}
    assert synthetic.targets("tempo_estimation") == ["tempo in bpm"]
