"""Every transform of the catalogue: the same bytes for the same seed in any process; the rate stays."""

import json
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import soundfile
from every_transform import clip, digests, scenarios

from soundcheck.audio.deformations import check, deform
from soundcheck.audio.files import UnusableAudioError
from soundcheck.audio.transforms import MP3_RATES, mp3_rate
from soundcheck.plumbing.errors import SoundcheckError

RATE = 22_050


@pytest.fixture(scope="module")
def sounds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sounds")
    for number, name in enumerate(("b/hiss", "a/hum", "c")):
        (folder / name).parent.mkdir(exist_ok=True)
        noise = np.random.default_rng(number).normal(size=8000) * 0.1
        soundfile.write(folder / f"{name}.wav", noise, (16_000, 44_100)[number % 2])
    return folder


@pytest.fixture(scope="module")
def in_another_process(sounds):
    command = [sys.executable, str(Path(__file__).parents[1] / "helpers" / "every_transform.py"), str(sounds)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def test_every_transform_makes_the_same_bytes_again_and_in_another_process(sounds, in_another_process):
    warnings.simplefilter("ignore")
    tried = scenarios(str(sounds))
    assert len({name.partition("-")[0] for name in tried}) == 39 - 1
    # Backwards: what was drawn before must not matter.
    here = {name: digests(tried[name]) for name in reversed(tried)}
    assert {name: here[name] for name in tried} == in_another_process


def pitch(samples, rate):
    """The frequency of the strongest line of a spectrum."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples)), 1 << 17))
    return float(np.argmax(spectrum)) * rate / (1 << 17)


def test_no_transform_but_the_shift_of_pitch_moves_a_tone(sounds):
    """What leaves another sample rate behind, and is heard at the old one, would."""
    warnings.simplefilter("ignore")
    for name, transforms in scenarios(str(sounds)).items():
        heard = pitch(deform(clip(RATE, 1.0), RATE, transforms, 3), RATE)
        factor = {"PitchShift-1": 0.5, "PitchShift-2": 2.0}.get(name, 1.0)
        if name != "PitchShift-0":
            assert heard == pytest.approx(440 * factor, rel=0.03), name


def test_resampling_limits_the_band_and_keeps_pitch_and_length():
    low, high = clip(44_100, 1.0), 0.2 * np.sin(2 * np.pi * 6000 * np.arange(44_100) / 44_100).astype(np.float32)
    scenario = [{"type": "Resample", "params": {"min_sample_rate": 8000, "max_sample_rate": 8000}}]
    deformed = deform(low + high, 44_100, scenario, 1)
    assert len(deformed) == 44_100
    spectrum = np.abs(np.fft.rfft(deformed))
    assert spectrum[440] > 0.9 * np.abs(np.fft.rfft(low))[440]
    assert spectrum[4500:].max() < 0.01 * np.abs(np.fft.rfft(high))[6000]


def test_what_is_stretched_ends_with_sound_and_not_with_silence():
    scenario = [{"type": "TimeStretch", "params": {"min_rate": 1.25, "max_rate": 1.25}}]
    deformed = deform(clip(RATE, 2.0), RATE, scenario, 1)
    assert len(deformed) == pytest.approx(1.6 * RATE, rel=0.01)
    assert np.abs(deformed[-RATE // 10 :]).max() > 0.1
    slowed = deform(clip(RATE, 2.0), RATE, [{"type": "TimeStretch", "params": {"min_rate": 0.8, "max_rate": 0.8}}], 1)
    assert len(slowed) == pytest.approx(2.5 * RATE, rel=0.01)


@pytest.mark.parametrize("rate", [8000, 11_127, 44_056, 88_200, 96_000, 176_400, 192_000, 384_000])
def test_an_mp3_of_any_rate_is_possible_and_near_the_recording(rate):
    times = np.arange(rate) / rate
    tone = (0.5 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)
    scenario = [{"type": "Mp3Compression", "params": {"min_bitrate": 64, "max_bitrate": 64}}]
    deformed = deform(tone, rate, scenario, 1)
    assert len(deformed) == rate
    inner = slice(rate // 10, -rate // 10)
    assert np.abs(deformed[inner] - tone[inner]).max() < 0.05
    assert mp3_rate(rate) in MP3_RATES


@pytest.mark.parametrize("bitrate", [8, 32, 64, 128, 320])
def test_each_bit_rate_is_possible_at_each_rate_of_mp3(bitrate):
    scenario = [{"type": "Mp3Compression", "params": {"min_bitrate": bitrate, "max_bitrate": bitrate}}]
    for rate in MP3_RATES:
        assert len(deform(clip(rate, 0.3), rate, scenario, 1)) == round(0.3 * rate)


def background(path, **parameters):
    always = {"min_snr_db": 5, "max_snr_db": 5} | parameters
    return [{"type": "AddBackgroundNoise", "params": {"sounds_path": str(path)} | always}]


def test_hidden_files_among_sounds_are_ignored(sounds, tmp_path):
    same = tmp_path / "same"
    for path in sounds.rglob("*.wav"):
        (same / path.relative_to(sounds)).parent.mkdir(parents=True, exist_ok=True)
        (same / path.relative_to(sounds)).write_bytes(path.read_bytes())
    (same / "a" / "._hum.wav").write_bytes(b"\0\5\x16\7\0\2\0\0Mac OS X")
    (same / ".cache").mkdir()
    (same / ".cache" / "x.wav").write_bytes(b"no audio")
    note = clip(RATE, 0.5)
    for seed in range(6):
        np.testing.assert_array_equal(
            deform(note, RATE, background(same), seed), deform(note, RATE, background(sounds), seed)
        )


def test_a_sound_that_cannot_be_used_stops_before_anything_and_is_named(sounds, tmp_path):
    (tmp_path / "good.wav").write_bytes((sounds / "c.wav").read_bytes())
    (tmp_path / "bad.wav").write_bytes(b"no audio" * 100)
    for scenario in (
        background(tmp_path),
        [{"type": "AddShortNoises", "params": {"sounds_path": str(tmp_path)}}],
        [{"type": "ApplyImpulseResponse", "params": {"ir_path": [str(tmp_path / "bad.wav")]}}],
    ):
        with pytest.raises(SoundcheckError, match=r"bad\.wav cannot be used: not readable as audio"):
            check(scenario)


def test_a_silent_sound_is_named_and_no_recording_stays_as_it_was(tmp_path):
    soundfile.write(tmp_path / "silent.wav", np.zeros(8000), 16_000)
    with pytest.raises(SoundcheckError, match=r"silent\.wav cannot be used: silent"):
        deform(clip(RATE, 0.2), RATE, background(tmp_path), 1)
    partly = np.concatenate([np.full(160, 0.1), np.zeros(160_000)])
    soundfile.write(tmp_path / "silent.wav", partly, 16_000)
    with pytest.raises(UnusableAudioError, match=r"the part of .*silent\.wav that was drawn for it is silent"):
        deform(clip(RATE, 0.2), RATE, background(tmp_path), 1)
