"""Near-duplicates: copies of a recording are found whatever was done to them, and different notes are not copies."""

import numpy as np
import pytest
import soundfile
import soxr

from soundcheck.audio import duplicates, fingerprints
from soundcheck.datasets.support.audio_files import audio_files
from soundcheck.embedding.check import music

RATE = 44_100


def as_mp3(path, samples, rate=RATE):
    soundfile.write(
        path.with_suffix(".mp3"), samples, rate, format="MP3", bitrate_mode="CONSTANT", compression_level=0.8
    )


def as_wav(path, samples, rate=RATE):
    soundfile.write(path.with_suffix(".wav"), samples, rate)


def faded(samples):
    """Louder and louder over a third, softer and softer over a half."""
    place = np.linspace(0, 1, len(samples))
    return samples * np.minimum(1, np.minimum(place / 0.3, (1 - place) / 0.5))


# what is done to a recording -> a function (path without suffix, samples)
COPIES = {
    "mp3": as_mp3,
    "softer": lambda path, samples: as_wav(path, 0.2 * samples),
    "resampled": lambda path, samples: as_wav(path, soxr.resample(samples, RATE, 16_000), 16_000),
    "stereo": lambda path, samples: as_wav(path, np.stack([samples, samples], axis=1)),
    "lead-in-cut": lambda path, samples: as_wav(path, samples[4567:]),
    "silence-before": lambda path, samples: as_wav(path, np.concatenate([np.zeros(12_345), samples])),
    "faded": lambda path, samples: as_wav(path, faded(samples)),
    "noisy": lambda path, samples: as_wav(path, samples + np.random.default_rng(0).normal(size=len(samples)) * 3e-3),
    "all-at-once": lambda path, samples: as_mp3(path, 0.3 * soxr.resample(samples[3210:], RATE, 22_050), 22_050),
}

# of the copies of single notes, which share must be found
NOTE_COPIES = {
    "mp3": 1.0,
    "softer": 1.0,
    "resampled": 1.0,
    "faded": 1.0,
    "lead-in-cut": 0.92,
    "silence-before": 0.95,
}


def found_in(folder, **options):
    """The near-duplicates among all files of a folder, by pair."""
    tracks = [(path.rpartition(".")[0], path) for path in audio_files(folder)]
    left_out = fingerprints.write_fingerprints(tracks, folder, folder / "fingerprints.parquet", **options)
    assert not left_out
    files = [folder / path for _, path in tracks]
    found = duplicates.near_duplicates(folder / "fingerprints.parquet", files)
    return {(pair.track_a, pair.track_b): pair for pair in found}


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Five clips of music, and the copies of the first."""
    folder = tmp_path_factory.mktemp("clips")
    for number in range(5):
        as_wav(folder / f"clip-{number}", music(6.0, RATE, seed=number))
    for name, write in COPIES.items():
        write(folder / name, music(6.0, RATE, seed=0))
    as_wav(folder / "excerpt", music(6.0, RATE, seed=1)[2 * RATE : 5 * RATE])
    return found_in(folder)


@pytest.mark.parametrize("name", COPIES)
def test_a_copy_of_music_is_found(clips, name):
    assert tuple(sorted(("clip-0", name))) in clips


def test_an_excerpt_is_found_with_its_place(clips):
    pair = clips["clip-1", "excerpt"]
    assert pair.offset_s == pytest.approx(2.0, abs=0.05)
    assert pair.overlap_s == pytest.approx(3.0, abs=0.3)


def test_a_clip_of_a_recording_of_minutes_is_found(tmp_path):
    low = 16_000
    recording = music(240.0, low)
    as_wav(tmp_path / "recording", recording, low)
    as_mp3(tmp_path / "clip", recording[100 * low + 777 : 125 * low], low)
    as_wav(tmp_path / "other", music(60.0, low, seed=1), low)
    (pair,) = found_in(tmp_path).values()
    assert (pair.track_a, pair.track_b) == ("clip", "recording")
    assert pair.offset_s == pytest.approx(-100.05, abs=0.05)


def test_recordings_that_share_keys_by_chance_are_hardly_compared(tmp_path, monkeypatch):
    """Music of one kind shares keys, but not in one place."""
    compared = []
    match = duplicates._best_match
    monkeypatch.setattr(duplicates, "_best_match", lambda *given: compared.append(given) or match(*given))
    for number in range(24):
        as_wav(tmp_path / f"{number:02}", music(20.0, 16_000, seed=number), 16_000)
    as_wav(tmp_path / "copy", 0.5 * music(20.0, 16_000, seed=0), 16_000)
    assert found_in(tmp_path).keys() == {("00", "copy")}
    assert len(compared) < 0.1 * 25 * 24 / 2


def test_other_music_is_no_copy(clips):
    copies = {"clip-0", *COPIES}
    assert all({a, b} <= copies or {a, b} == {"clip-1", "excerpt"} for a, b in clips)


def test_equal_audio_is_left_to_the_digests(tmp_path):
    for name in ("a", "b"):
        as_wav(tmp_path / name, music(1.0, RATE))
    assert found_in(tmp_path) == {}


def test_a_key_of_too_many_recordings_tells_none(tmp_path, monkeypatch):
    monkeypatch.setattr(duplicates, "MAX_RECORDINGS_OF_A_KEY", 3)
    for number in range(4):
        as_wav(tmp_path / f"{number}", (0.5 + 0.1 * number) * music(1.0, RATE))
    assert found_in(tmp_path) == {}


def test_the_candidates_do_not_depend_on_how_many_tracks_are_looked_at_together(tmp_path, monkeypatch):
    for number in range(4):
        as_wav(tmp_path / f"{number}", (0.5 + 0.1 * number) * music(1.0, RATE, seed=number // 2))
    all_at_once = found_in(tmp_path)
    monkeypatch.setattr(duplicates, "_TRACKS_AT_ONCE", 1)
    assert found_in(tmp_path) == all_at_once
    assert all_at_once.keys() == {("0", "1"), ("2", "3")}


def test_no_audio_at_all_has_no_duplicates(tmp_path):
    (tmp_path / "a.wav").write_bytes(b"not audio")
    fingerprints.write_fingerprints([("a", "a.wav")], tmp_path, tmp_path / "fingerprints.parquet")
    assert duplicates.near_duplicates(tmp_path / "fingerprints.parquet") == []


def test_real_notes_are_told_apart_and_their_copies_found(philharmonia_dir, tmp_path):
    """494 different recordings, many of them of the same note on the same instrument: no false alarm.

    All 1,480 take four times as long, and have none either.
    """
    originals = audio_files(philharmonia_dir)[::3]
    assert len(originals) == 494
    tracks = [(path, str(philharmonia_dir / path)) for path in originals]
    of = dict(zip(originals, originals, strict=True))
    copied = originals[::20]
    for path in copied:
        samples, rate = soundfile.read(philharmonia_dir / path, dtype="float32")
        assert rate == RATE
        for name in NOTE_COPIES:
            place = tmp_path / f"{path.replace('/', '_')}-{name}"
            COPIES[name](place, samples)
            written = place.with_suffix(".mp3" if name == "mp3" else ".wav")
            tracks.append((f"{path}-{name}", str(written)))
            of[f"{path}-{name}"] = path
    left_out = fingerprints.write_fingerprints(tracks, "", tmp_path / "fingerprints.parquet", n_workers=2)
    assert not left_out
    pairs = duplicates.near_duplicates(tmp_path / "fingerprints.parquet", [path for _, path in tracks])
    found = {(pair.track_a, pair.track_b) for pair in pairs}
    assert {(a, b) for a, b in found if of[a] != of[b]} == set()
    for name, share in NOTE_COPIES.items():
        n_found = sum((path, f"{path}-{name}") in found for path in copied)
        assert n_found >= share * len(copied), name
