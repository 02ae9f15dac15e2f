"""Decoding: any format becomes mono float at its own rate; what cannot be used says why."""

import numpy as np
import pytest
import soundfile

from soundcheck.audio import samples as audio

RATE = 44_100


def tone(seconds=0.5, rate=RATE, channels=1):
    samples = 0.5 * np.sin(2 * np.pi * 440 * np.arange(int(seconds * rate)) / rate)
    return np.repeat(samples[:, None], channels, axis=1)


@pytest.mark.parametrize(("channels", "rate"), [(1, 44_100), (2, 48_000), (8, 44_100), (1, 192_000)])
def test_channels_are_averaged_and_the_rate_is_kept(tmp_path, channels, rate):
    samples = tone(rate=rate, channels=channels) * np.linspace(1, 0.5, channels)
    soundfile.write(tmp_path / "a.wav", samples, rate, subtype="FLOAT")
    decoded, found = audio.decode(tmp_path / "a.wav")
    assert found == rate
    assert decoded.dtype == np.float32
    np.testing.assert_allclose(decoded, samples.mean(axis=1), atol=1e-6)


def test_a_mono_float_file_is_decoded_exactly(tmp_path):
    samples = tone().astype(np.float32)
    soundfile.write(tmp_path / "a.wav", samples, RATE, subtype="FLOAT")
    np.testing.assert_array_equal(audio.decode(tmp_path / "a.wav")[0], samples[:, 0])


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda path: None, "missing file"),
        (lambda path: path.write_bytes(b""), r"empty file \(0 bytes\)"),
        (lambda path: path.write_bytes(b"RIFF" + bytes(range(256)) * 20), "not readable as audio"),
        (lambda path: soundfile.write(path, np.zeros((0, 1)), RATE), "empty"),
        (lambda path: soundfile.write(path, np.zeros(RATE), RATE), "silent"),
        (lambda path: soundfile.write(path, np.full(99, np.nan), RATE, subtype="FLOAT"), "not finite"),
    ],
    ids=["missing", "zero bytes", "corrupt", "no samples", "silent", "nan"],
)
def test_unusable_audio_says_why(tmp_path, make, reason):
    make(tmp_path / "a.wav")
    with pytest.raises(audio.UnusableAudioError, match=reason):
        audio.decode(tmp_path / "a.wav")


def test_resampling_keeps_a_tone_and_its_length():
    samples = tone(1.0).astype(np.float32)[:, 0]
    resampled = audio.resample(samples, RATE, 16_000)
    assert len(resampled) == 16_000
    expected = 0.5 * np.sin(2 * np.pi * 440 * np.arange(16_000) / 16_000)
    np.testing.assert_allclose(resampled[500:-500], expected[500:-500], atol=1e-3)


def test_real_recordings_decode(philharmonia_dir):
    path = next((philharmonia_dir / "audio" / "flute").glob("flute_A4*.mp3"))
    samples, rate = audio.decode(path)
    assert rate == RATE
    assert 0.1 < len(samples) / rate < 10
    assert 0.001 < np.abs(samples).max() <= 1.5
