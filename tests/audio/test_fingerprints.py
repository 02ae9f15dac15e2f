"""Digests tell samples apart and nothing else; fingerprints bear any length, and bad audio stops nothing."""

import numpy as np
import pytest
import soundfile

from soundcheck import parquet
from soundcheck.audio import fingerprints
from soundcheck.audio.samples import UnusableAudioError
from soundcheck.embedding.check import music

RATE = 44_100


@pytest.fixture
def write(tmp_path):
    def write_file(name, samples, rate=RATE, **options):
        soundfile.write(tmp_path / name, samples, rate, **options)
        return tmp_path / name

    return write_file


@pytest.fixture(scope="module")
def clip():
    return music(3.0, RATE)


def test_equal_samples_have_equal_digests_whatever_the_container_and_the_name(write, clip):
    first = write("a.wav", clip, subtype="PCM_16")
    samples, _ = soundfile.read(first)
    digest = fingerprints.fingerprint(first).digest
    assert fingerprints.fingerprint(write("another name.flac", samples, subtype="PCM_16")).digest == digest
    assert fingerprints.fingerprint(write("b.aiff", samples, subtype="PCM_24")).digest == digest


def test_tags_do_not_count(write, clip, tmp_path):
    first = write("a.wav", clip)
    with soundfile.SoundFile(tmp_path / "b.wav", "w", RATE, 1) as file:
        file.title, file.artist = "Another title", "Another artist"
        file.write(clip)
    assert (tmp_path / "b.wav").read_bytes() != first.read_bytes()
    assert fingerprints.fingerprint(first).digest == fingerprints.fingerprint(tmp_path / "b.wav").digest


def test_one_other_sample_another_rate_or_another_channel_is_another_digest(write, clip):
    changed = clip.copy()
    changed[-1] += 0.01
    stereo = np.stack([clip, clip], axis=1)
    files = [write("a.wav", clip), write("b.wav", changed), write("c.wav", clip, 48_000), write("d.wav", stereo)]
    assert len({fingerprints.fingerprint(file).digest for file in files}) == 4


def test_levels_do_not_depend_on_gain_or_on_the_blocks_in_which_a_file_is_read(write, clip, monkeypatch):
    whole = fingerprints.fingerprint(write("a.wav", clip, subtype="FLOAT"))
    quiet = fingerprints.fingerprint(write("b.wav", 0.25 * clip, subtype="FLOAT"))
    assert quiet.digest != whole.digest
    np.testing.assert_array_equal(quiet.levels, whole.levels)
    np.testing.assert_array_equal(quiet.keys, whole.keys)
    monkeypatch.setattr(fingerprints, "_BLOCK", 1000)
    monkeypatch.setattr(fingerprints, "_FRAMES_AT_ONCE", 3)
    in_blocks = fingerprints.fingerprint(write("a.wav", clip, subtype="FLOAT"))
    assert in_blocks.digest == whole.digest
    assert np.abs(in_blocks.levels.astype(int) - whole.levels).max() <= 1


def test_the_number_of_keys_is_bounded_and_that_of_frames_follows_from_the_length(write):
    found = fingerprints.fingerprint(write("long.wav", music(40.0, 16_000), 16_000))
    n_frames = (40 * fingerprints.RATE - fingerprints.WINDOW) // fingerprints.HOP + 1
    assert len(found.keys) == len(found.places) == fingerprints.MAX_KEYS
    assert abs(len(found.levels) - n_frames) <= 1
    assert (np.diff(found.keys.astype(np.int64)) > 0).all()


@pytest.mark.parametrize("n_samples", [1, 100, 5000])
def test_very_short_audio_has_a_fingerprint(write, n_samples):
    found = fingerprints.fingerprint(write("short.wav", np.full(n_samples, 0.1)))
    assert len(found.levels) >= 1


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("missing.wav", None, "missing file"),
        ("text.wav", b"not audio", "not readable as audio"),
        ("silent.wav", np.zeros(1000), "silent"),
        ("empty.wav", np.zeros(0), "empty"),
        ("nan.wav", np.array([0.1, np.nan, 0.1]), "not finite"),
    ],
)
def test_audio_that_cannot_be_used_says_why(tmp_path, write, name, content, reason):
    if isinstance(content, bytes):
        (tmp_path / name).write_bytes(content)
    elif content is not None:
        write(name, content, subtype="FLOAT")
    with pytest.raises(UnusableAudioError, match=reason):
        fingerprints.fingerprint(tmp_path / name)


def test_bad_audio_is_listed_and_the_file_is_the_same_for_any_number_of_workers(tmp_path, write):
    for number in range(6):
        write(f"{number}.wav", music(0.5, RATE, seed=number))
    (tmp_path / "3.wav").write_bytes(b"not audio")
    tracks = [(f"track-{number}", f"{number}.wav") for number in range(7)]
    for n_workers in (1, 2):
        left_out = fingerprints.write_fingerprints(tracks, tmp_path, tmp_path / f"{n_workers}.parquet", n_workers)
        assert sorted(left_out) == ["track-3", "track-6"]
        assert left_out["track-6"] == "missing file"
    assert (tmp_path / "1.parquet").read_bytes() == (tmp_path / "2.parquet").read_bytes()
    rows = parquet.read(tmp_path / "1.parquet").to_pylist()
    assert [row["track_id"] for row in rows] == [track_id for track_id, _ in tracks]
    assert rows[3]["left_out"].startswith("not readable as audio")
    assert rows[3]["digest"] is None
