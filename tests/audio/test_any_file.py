"""Whatever a file holds, it is used, or left out with a reason: never another outcome."""

import io

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from soundcheck.audio.files import UnusableAudioError, header
from soundcheck.audio.fingerprints import fingerprint
from soundcheck.audio.preparation import Condition, prepare
from soundcheck.audio.samples import HIGHEST_PEAK, read

FORMATS = [
    ("WAV", "PCM_16"),
    ("WAV", "PCM_U8"),
    ("WAV", "FLOAT"),
    ("WAV", "IMA_ADPCM"),
    ("AIFF", "PCM_24"),
    ("AU", "ULAW"),
    ("CAF", "PCM_16"),
    ("FLAC", "PCM_16"),
    ("OGG", "VORBIS"),
    ("OGG", "OPUS"),
    ("MP3", "MPEG_LAYER_III"),
]
SCENARIOS = {
    "clean": [],
    "D1": [{"type": "AddGaussianSNR", "params": {"min_snr_db": 15, "max_snr_db": 15}}],
    "D3": [{"type": "Mp3Compression", "params": {"min_bitrate": 32, "max_bitrate": 32}}],
    "slower": [{"type": "TimeStretch", "params": {"min_rate": 0.45, "max_rate": 0.45}}],
    "narrow": [{"type": "Resample", "params": {"min_sample_rate": 8000, "max_sample_rate": 8000}}],
    "mask": [{"type": "Padding", "params": {"min_fraction": 1, "max_fraction": 1}}],
}
ODD_VALUES = [0.0, 1e-7, 1e-40, 1.0, -2.0, 1e9, 1e20, 3e38, np.nan, np.inf]


@st.composite
def files(draw):
    """The bytes of an audio file of any rate, length and number of channels, perhaps of odd samples or damaged."""
    form, subtype = draw(st.sampled_from(FORMATS))
    rate = draw(st.sampled_from([8000, 16_000, 44_100, 48_000]))
    if form in ("WAV", "AIFF", "CAF", "FLAC", "AU") and subtype != "IMA_ADPCM":
        rate = draw(st.sampled_from([1, 300, 1000, 11_127, rate, 96_000, 192_000, 384_000]))
    n = draw(st.sampled_from([0, 1, 2, 57, 1000, 6000]))
    n_channels = draw(st.sampled_from([1, 2, 1, 2, 5] if form != "MP3" else [1, 2]))
    generator = np.random.default_rng(draw(st.integers(0, 9)))
    wave = 0.3 * generator.normal(size=(n, n_channels))
    how = draw(st.sampled_from(["plain", "odd value", "one channel against the other", "all the same"]))
    if how == "odd value" and n:
        wave[draw(st.integers(0, n - 1)), 0] = draw(st.sampled_from(ODD_VALUES))
    elif how == "one channel against the other" and n_channels == 2:
        wave[:, 1] = -wave[:, 0]
    elif how == "all the same":
        wave[:] = draw(st.sampled_from(ODD_VALUES))
    if subtype != "FLOAT":
        wave = np.clip(np.nan_to_num(wave), -1, 1)
    buffer = io.BytesIO()
    try:
        soundfile.write(buffer, wave, rate, format=form, subtype=subtype)
    except (soundfile.SoundFileError, RuntimeError):
        # No such file can be written.
        buffer = io.BytesIO(draw(st.binary(max_size=200)))
    data = bytearray(buffer.getvalue())
    for _ in range(draw(st.integers(0, 3))):
        damage = draw(st.sampled_from(["none", "cut", "header", "inside", "twice", "before", "after"]))
        at = draw(st.integers(0, max(0, len(data) - 1)))
        if damage == "cut":
            del data[at:]
        elif damage == "header":
            data[min(at, 64) : min(at, 64) + 4] = draw(st.sampled_from([b"\0\0\0\0", b"\xff\xff\xff\xff", b"\1\0\0\0"]))
        elif damage == "inside":
            data[at : at + 50] = b"\x77" * len(data[at : at + 50])
        elif damage == "twice":
            data = data * 2
        elif damage == "before":
            data[:0] = draw(st.sampled_from([b"ID3\3\0\0\0\0\0\x0a" + bytes(10), b"\x11" * 300, b"<html>"]))
        elif damage == "after":
            data += draw(st.sampled_from([b"TAG" + bytes(125), b"\xff\xfb\x90\x64" * 9, bytes(5000)]))
    return bytes(data)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("any") / "a"


@settings(max_examples=400, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None)
@given(data=files(), scenario=st.sampled_from(list(SCENARIOS)), suffix=st.sampled_from([".wav", ".mp3", ".raw", ""]))
def test_a_file_is_used_or_left_out_with_a_reason(place, data, scenario, suffix):
    path = place.with_suffix(suffix)
    path.write_bytes(data)
    reasons = []
    for reader in (header, read, fingerprint):
        try:
            reader(path)
        except UnusableAudioError as reason:
            reasons.append(str(reason))
    # What has a fingerprint is what can be decoded.
    assert len(reasons) in (0, 2, 3) or (reasons and "no sample rate of audio" in reasons[0])
    clip = prepare("a", path.name, Condition(str(path.parent), scenario, SCENARIOS[scenario], 1, 16_000))
    assert (clip.samples is None) == (clip.left_out is not None)
    if reasons:
        assert clip.left_out in reasons
        assert len(clip.left_out) > 5
        assert str(path.parent) not in clip.left_out
    if clip.samples is not None:
        assert clip.samples.dtype == np.float32
        assert clip.samples.ndim == 1
        assert np.isfinite(clip.samples).all()
        assert 0 < len(clip.samples) < 2e6
        assert np.abs(clip.samples).max() < 100 * HIGHEST_PEAK
        numbers = [value for value in clip.facts.values() if isinstance(value, float)]
        assert not any(np.isnan(numbers))
