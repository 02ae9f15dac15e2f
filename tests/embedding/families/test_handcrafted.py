"""Handcrafted features: what each is, on sounds whose properties are known."""

import numpy as np
import pytest

from soundcheck.embedding.families import handcrafted
from soundcheck.embedding.pooling import Pool
from soundcheck.plumbing.errors import SoundcheckError

RATE = handcrafted.SAMPLE_RATE


def tone(frequency, seconds=1.0, level=0.3):
    return (level * np.sin(2 * np.pi * frequency * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


def pooled(features, samples):
    embedder = handcrafted.load({"features": features}, "cpu")
    pool = Pool(embedder.pooling)
    for piece in embedder.cut(samples):
        pool.add(embedder.forward(piece[None])[0])
    return pool.result()[0], embedder


@pytest.mark.parametrize("features", handcrafted.FEATURES)
@pytest.mark.parametrize("seconds", [0.02, 0.3, 2.0])
def test_size_is_as_declared_and_values_are_finite_also_for_very_short_clips(features, seconds):
    vector, embedder = pooled(features, tone(440, seconds))
    assert vector.shape == (embedder.pooled_dimension,)
    assert np.isfinite(vector).all()


def test_sizes_are_those_of_the_catalogue(repository):
    from soundcheck.configuration import catalogue

    for entry in catalogue.load(repository).embedders.values():
        if entry["family"] == "handcrafted":
            assert handcrafted.load(entry["options"], "cpu").pooled_dimension == entry["dimension"]


@pytest.mark.parametrize(("frequency", "pitch_class"), [(261.63, 0), (440.0, 9), (110.0, 9), (1244.5, 3)])
def test_chroma_tells_the_pitch_class(frequency, pitch_class):
    assert pooled("chroma", tone(frequency))[0][:12].argmax() == pitch_class


def test_spectral_descriptors_tell_brightness():
    dark, bright = (pooled("spectral", tone(frequency))[0][0] for frequency in (220, 4400))
    assert dark == pytest.approx(220, rel=0.3)
    assert bright == pytest.approx(4400, rel=0.05)


def test_mfccs_are_those_of_librosa():
    import librosa

    noise = np.random.default_rng(0).normal(0, 0.1, RATE).astype(np.float32)
    expected = librosa.feature.mfcc(y=noise, sr=RATE, n_mfcc=20, n_fft=2048, hop_length=512)
    np.testing.assert_allclose(pooled("mfcc", noise)[0][:20], expected.mean(axis=1), rtol=1e-3, atol=1e-3)


def test_unknown_features_are_named_with_the_nearest():
    with pytest.raises(SoundcheckError, match="did you mean 'mfcc'"):
        handcrafted.load({"features": "mfc"}, "cpu")
