"""Copies of a recording are in phase with it wherever they are cut; other takes and other notes are not."""

import numpy as np
import pytest
import soxr

from soundcheck.audio.coherence import MIN_COHERENCE, RATE, in_phase
from soundcheck.embedding.check import music

HIGH = 44_100


def low(samples):
    return soxr.resample(samples, HIGH, RATE, quality="HQ")


@pytest.fixture(scope="module")
def clip():
    return music(3.0, HIGH)


@pytest.mark.parametrize("cut", [0, 1, 3, 4567, 30_001])
def test_a_copy_that_is_cut_anywhere_is_in_phase_at_its_place(clip, cut):
    found = in_phase(low(clip), low(-0.1 * clip[cut:]), 0, RATE)
    assert found.coherence > 0.99
    assert found.lag == pytest.approx(cut * RATE / HIGH, abs=1)


def test_noise_and_fades_lower_the_coherence_little(clip):
    noise = np.random.default_rng(0).normal(size=len(clip)).astype(np.float32)
    level = np.sqrt(np.mean(clip**2))
    assert in_phase(low(clip), low(clip + 0.1 * level * noise), 0, 512).coherence >= MIN_COHERENCE
    assert in_phase(low(clip), low(clip + 3 * level * noise), 0, 512) is None
    assert in_phase(low(clip), low(clip * np.linspace(1, 0, len(clip), dtype=np.float32)), 0, 512).coherence > 0.98


def test_other_takes_of_a_note_are_not_in_phase():
    times = np.arange(2 * RATE) / RATE
    generator = np.random.default_rng(0)

    def take():
        """Of one pitch to a tenth of a semitone, with partials of the same levels, begun one by one."""
        pitch = 220 * 2 ** (generator.uniform(-0.05, 0.05) / 12)
        phases = generator.uniform(0, 2 * np.pi, 6)
        partials = [np.sin(2 * np.pi * pitch * k * times + phases[k - 1]) / k for k in range(1, 7)]
        return (np.exp(-2 * times) * sum(partials)).astype(np.float32)

    takes = [take() for _ in range(8)]
    assert not any(in_phase(takes[i], takes[j], 0, RATE) for i in range(8) for j in range(i))


def test_what_is_too_short_or_hardly_in_common_is_not_compared(clip):
    samples = low(clip)
    assert in_phase(samples[: RATE // 5], samples[: RATE // 5], 0, 512) is None
    assert in_phase(samples, samples, -4 * RATE, 512) is None
    other = low(music(3.0, HIGH, seed=1))
    medley = np.concatenate([samples[: RATE // 2], other])
    assert in_phase(np.concatenate([samples[: RATE // 2], low(music(3.0, HIGH, seed=2))]), medley, 0, 512) is None
