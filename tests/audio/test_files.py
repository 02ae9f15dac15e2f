"""A file is decoded whole, or it is said what is missing, or why it cannot be used; a header is never believed."""

import io
import tracemalloc

import numpy as np
import pytest
import soundfile

from soundcheck.audio import mpeg, samples
from soundcheck.audio.files import UnusableAudioError, header, what_it_is

RATE = 44_100


def encoded(wave, rate=RATE, **options):
    buffer = io.BytesIO()
    soundfile.write(buffer, wave, rate, **options)
    return bytearray(buffer.getvalue())


@pytest.fixture(scope="module")
def wave():
    """Two seconds, soft at first: an encoder of variable bit rate begins with small frames."""
    generator = np.random.default_rng(0)
    tone = 0.2 * np.sin(2 * np.pi * 440 * np.arange(2 * RATE) / RATE)
    return (tone + 0.2 * generator.normal(size=2 * RATE) * (np.arange(2 * RATE) > RATE)).astype(np.float32)


@pytest.fixture
def read(tmp_path):
    def read_bytes(data, name="a.wav"):
        (tmp_path / name).write_bytes(data)
        return samples.read(tmp_path / name)

    return read_bytes


def unknown_length(wave):
    """As a program writes FLAC into a pipe: no number of samples, no digest."""
    data = encoded(wave, format="FLAC")
    data[21] &= 0xF0
    data[22:26] = bytes(4)
    data[26:42] = bytes(16)
    return data


def test_a_flac_of_unknown_length_is_decoded_whole(read, tmp_path, wave):
    recording = read(unknown_length(wave), "a.flac")
    assert len(recording.samples) == len(wave)
    np.testing.assert_allclose(recording.samples, wave, atol=1e-4)
    assert recording.note is None
    assert header(tmp_path / "a.flac").duration_s is None


def test_a_header_that_promises_terabytes_takes_no_memory(read, wave):
    data = encoded(wave, format="FLAC")
    data[21] |= 0x0F
    data[22:26] = b"\xff\xff\xff\xff"
    tracemalloc.start()
    recording = read(data, "a.flac")
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()
    assert len(recording.samples) == len(wave)
    assert recording.note == "ends before its header says: 2.00 of 1558264.78 s"


def without_count(data):
    """An MP3 stream without its first frame, which holds the number of frames."""
    second = mpeg._length(data, 0)
    assert data[second] == 0xFF
    return data[second:]


@pytest.mark.parametrize("mode", ["VARIABLE", "CONSTANT"])
@pytest.mark.parametrize("rate", [16_000, 22_050, 44_100, 48_000])
def test_an_mp3_without_a_count_of_its_frames_is_decoded_whole(read, tmp_path, wave, mode, rate):
    data = without_count(encoded(wave, rate, format="MP3", bitrate_mode=mode, compression_level=0.3))
    recording = read(data, "a.mp3")
    length_s = len(wave) / rate
    assert len(recording.samples) / rate == pytest.approx(length_s, abs=0.15)
    assert recording.note is None
    assert header(tmp_path / "a.mp3").duration_s == pytest.approx(len(recording.samples) / rate, abs=0.1)


def test_libsndfile_alone_would_cut_such_an_mp3(tmp_path, wave):
    """Else all that is done about it could go."""
    data = without_count(encoded(wave, format="MP3", bitrate_mode="VARIABLE", compression_level=0.3))
    (tmp_path / "a.mp3").write_bytes(data)
    assert len(soundfile.read(tmp_path / "a.mp3")[0]) < 0.9 * len(wave)


def test_tags_pictures_and_what_stands_between_frames_are_no_audio(read, tmp_path, wave):
    data = encoded(wave, format="MP3")
    picture = b"APIC" + (100_000).to_bytes(4, "big") + bytes(2) + b"\xff\xfb\x90\x64" * 25_000
    size = len(picture)
    tag = b"ID3\x03\0\0" + bytes([size >> 21 & 127, size >> 14 & 127, size >> 7 & 127, size & 127]) + picture
    plain = read(data, "a.mp3").samples
    for odd in (tag + data, data + b"TAG" + b"a" * 125, tag + tag + data):
        recording = read(odd, "a.mp3")
        np.testing.assert_array_equal(recording.samples, plain)
        assert recording.note is None
    bare = without_count(data)
    (tmp_path / "a.mp3").write_bytes(tag + bare[: len(bare) // 2] + b"\x55" * 700 + bare[len(bare) // 2 :])
    assert mpeg.duration_s(tmp_path / "a.mp3") == pytest.approx(2.05, abs=0.06)


@pytest.mark.parametrize("mode", ["VARIABLE", "CONSTANT"])
def test_mp3_files_that_were_put_together_are_decoded_and_measured_to_the_end(read, tmp_path, wave, mode):
    data = encoded(wave, format="MP3", bitrate_mode=mode)
    short = encoded(wave[: RATE // 2], format="MP3", bitrate_mode=mode)
    for other in (data, short):
        recording = read(data + other, "a.mp3")
        length_s = len(recording.samples) / RATE
        assert length_s == pytest.approx(2 + (2 if other is data else 0.5), abs=0.15)
        assert header(tmp_path / "a.mp3").duration_s == pytest.approx(length_s, abs=0.1)


def test_an_mp3_that_tells_its_length_is_believed_whatever_tag_follows(read, tmp_path, wave):
    data = encoded(wave, format="MP3")
    for tag in (b"", b"TAG" + b"a" * 125, b"APETAGEX" + b"a" * 100_000):
        read(data + tag, "a.mp3")
        assert header(tmp_path / "a.mp3").duration_s == pytest.approx(2, abs=0.1)


@pytest.mark.parametrize(
    ("options", "note"),
    [
        ({"format": "WAV"}, "ends before its header says: 1.00 of 2.00 s"),
        ({"format": "AIFF"}, "ends before its header says: 1.00 of 2.00 s"),
        ({"format": "MP3"}, "ends before its header says"),
        ({"format": "FLAC"}, "damaged: decoding stops before its header says"),
        ({"format": "OGG"}, "its end is missing"),
    ],
    ids=lambda value: value["format"] if isinstance(value, dict) else "",
)
def test_half_a_file_is_used_and_said_to_be_half(read, wave, options, note):
    data = encoded(wave, **options)
    whole = read(data)
    assert whole.note is None
    # An Ogg file has long pages, of which whole ones are decoded.
    half = read(data[: len(data) * (8 if options["format"] == "OGG" else 5) // 10])
    assert half.note.startswith(note)
    assert 0 < len(half.samples) < 0.7 * len(wave)
    n = round(0.3 * RATE)
    np.testing.assert_allclose(half.samples[:n], whole.samples[:n], atol=1e-3)


def test_what_lies_behind_the_samples_that_a_header_tells_of_is_noted(read, wave):
    data = encoded(wave, format="WAV")
    at = data.index(b"data") + 4
    data[at : at + 4] = (1000).to_bytes(4, "little")
    assert "bytes behind them were not read" in read(data).note
    data[at : at + 4] = bytes(4)
    with pytest.raises(UnusableAudioError, match=r"0 frames.*though it has 176,444 bytes"):
        read(data)


@pytest.mark.parametrize("size", [0xFFFFFFFF, 0x7FFFFFFF, 0x7FFFF000])
def test_a_wav_of_a_pipe_is_whole(read, wave, size):
    data = encoded(wave, format="WAV")
    at = data.index(b"data") + 4
    data[at : at + 4] = size.to_bytes(4, "little")
    recording = read(data)
    assert (len(recording.samples), recording.note) == (len(wave), None)


@pytest.mark.parametrize(
    ("wave", "reason"),
    [
        (np.array([[0.5, -0.5]] * 999), "its channels cancel each other"),
        # Rounding of 16 bits leaves a residue, which is no audio.
        (np.array([[0.5, -0.5 + 3e-5]] * 999), "its channels cancel each other"),
        (np.full(999, 1e20), "samples beyond any level: up to 1e.20"),
        (np.full((999, 2), 3e38), "samples beyond any level"),
        (np.array([0.1, np.inf, 0.1]), "not finite"),
        (np.array([0.1] * 100 + [np.nan]), "not finite"),
    ],
)
def test_samples_that_are_no_audio_say_why(tmp_path, wave, reason):
    soundfile.write(tmp_path / "a.wav", wave, RATE, subtype="FLOAT")
    with pytest.raises(UnusableAudioError, match=reason):
        samples.read(tmp_path / "a.wav")


def test_one_channel_of_eight_is_no_cancellation(tmp_path):
    wave = np.zeros((999, 8))
    wave[:, 3] = 0.5
    soundfile.write(tmp_path / "a.wav", wave, RATE)
    assert samples.read(tmp_path / "a.wav").samples.max() == pytest.approx(0.5 / 8, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.wav", b"\0\0\0\x20ftypM4A \0\0\0\0" + bytes(500), "it is M4A or MP4; convert it"),
        ("a.mp3", b"\0\0\0\x20ftypM4A \0\0\0\0" + bytes(500), "it is M4A or MP4; convert it"),
        ("a.wav", b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "a pointer of Git LFS: fetch"),
        ("a.wav", b"\n<!DOCTYPE html><html>", "a page of HTML"),
        ("a.wav", b'{"error": 404}', "XML or JSON"),
        ("a.aac", b"\xff\xf1\x50\x80" + bytes(500), "it is AAC; convert it"),
        ("a.m4a", b"x" * 100, r"\.m4a is not supported: convert it"),
        ("a.raw", bytes(1000), "no header says how its samples are written"),
        ("a.wav", b"", r"empty file \(0 bytes\)"),
    ],
)
def test_what_is_no_audio_is_called_what_it_is(tmp_path, name, data, reason):
    (tmp_path / name).write_bytes(data)
    for reader in (header, samples.read):
        with pytest.raises(UnusableAudioError, match=reason):
            reader(tmp_path / name)


def test_audio_is_nothing_else(tmp_path, wave):
    for number, form in enumerate(("WAV", "FLAC", "OGG", "MP3", "AIFF", "CAF", "W64", "AU")):
        (tmp_path / str(number)).write_bytes(encoded(wave, format=form))
        assert what_it_is(tmp_path / str(number)) is None, form


def test_a_rate_that_no_audio_has_is_not_resampled(tmp_path, wave):
    data = encoded(wave, format="WAV")
    data[24:28] = (1).to_bytes(4, "little")
    (tmp_path / "a.wav").write_bytes(data)
    with pytest.raises(UnusableAudioError, match="its header says 1 Hz"):
        samples.read(tmp_path / "a.wav")


def test_real_notes_have_the_length_that_is_decoded(philharmonia_dir):
    """None of these MP3 files has a count, and an estimate by their size takes tags for audio."""
    paths = sorted(philharmonia_dir.rglob("*.mp3"))[::40]
    for path in paths:
        wave, rate = samples.decode(path)
        assert header(path).duration_s == pytest.approx(len(wave) / rate, abs=0.05), path
        np.testing.assert_array_equal(wave, soundfile.read(path, dtype="float32")[0])
