"""What holds for every embedder of the catalogue."""

from pathlib import Path

import numpy as np
import pytest

from soundcheck import catalog, embedders
from soundcheck.pooling import Pool

CATALOGUE = catalog.load(Path(__file__).resolve().parents[2]).embedders


@pytest.fixture(scope="module", params=sorted(CATALOGUE))
def model(request):
    """A row of the catalogue, and the embedder that it describes."""
    row = CATALOGUE[request.param]
    return row, embedders.load({"family": row["family"], **row["options"]}, "cpu")


def embedded(embedder, samples):
    """The pooled vector of a clip, by way of batches of constant size."""
    pool = Pool(embedder.pooling)
    windows = list(embedder.cut(samples))
    for start in range(0, len(windows), embedder.batch_size):
        some = windows[start : start + embedder.batch_size]
        batch = np.zeros((embedder.batch_size, len(some[0])), np.float32)
        batch[: len(some)] = some
        for frames in embedder.forward(batch)[: len(some)]:
            pool.add(frames)
    return pool.result()[0]


def tone(rate, seconds=0.5, level=0.3):
    return (level * np.sin(2 * np.pi * 330 * np.arange(int(rate * seconds)) / rate)).astype(np.float32)


def test_rate_and_dimension_are_as_declared(model):
    row, embedder = model
    assert embedder.sample_rate == row["sample_rate"]
    assert embedded(embedder, tone(embedder.sample_rate)).shape == (row["dimension"],)
    assert embedder.pooled_dimension == row["dimension"]


def test_frames_have_three_axes_and_the_dimension_of_the_model(model):
    _, embedder = model
    window = embedder.cut(tone(embedder.sample_rate))[0]
    frames = embedder.forward(np.repeat(window[None], embedder.batch_size, axis=0))
    assert frames.shape[0] == embedder.batch_size
    assert frames.shape[2:] == (embedder.dimension,)


@pytest.mark.parametrize("seconds", [0.02, 0.3, 1.7])
def test_clips_of_any_length_give_finite_vectors_and_the_same_ones_again(model, seconds):
    _, embedder = model
    clip = tone(embedder.sample_rate, seconds)
    first = embedded(embedder, clip)
    assert np.isfinite(first).all()
    np.testing.assert_array_equal(embedded(embedder, clip), first)


def test_near_silence_and_an_offset_are_finite(model):
    _, embedder = model
    clip = tone(embedder.sample_rate)
    for odd in (clip * 1e-5, clip + 0.5, np.full_like(clip, 0.1)):
        assert np.isfinite(embedded(embedder, odd)).all()


def test_different_sounds_have_different_vectors(model):
    _, embedder = model
    noise = np.random.default_rng(0).normal(0, 0.1, embedder.sample_rate // 2).astype(np.float32)
    assert not np.allclose(embedded(embedder, noise), embedded(embedder, tone(embedder.sample_rate)), rtol=1e-2)


def test_a_row_says_what_a_reader_must_know(model):
    row, _ = model
    for fact in ("title", "licence", "citation", "pretrained_on", "env", "gpu"):
        assert fact in row
