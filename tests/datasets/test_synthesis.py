"""Synthesis: a note's partials lie where its timbre says, and it ends in silence."""

import numpy as np
import pytest

from soundcheck.datasets.support.synthesis import SAMPLE_RATE, Timbre, hertz, tone

N_SAMPLES = 1 << 14


def level_db(samples, frequency_hz):
    """The level of the strongest sinusoid within 5 Hz of a frequency."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    near = np.abs(np.fft.rfftfreq(len(samples), 1 / SAMPLE_RATE) - frequency_hz) < 5
    return 20 * np.log10(spectrum[near].max())


@pytest.mark.parametrize(("even", "lower"), [(1.0, 6.0), (0.1, 26.0)])
def test_partials_fall_with_the_roll_off_and_even_ones_as_the_timbre_says(even, lower):
    timbre = Timbre(0.01, np.inf, 0.0, roll_off=1.0, even=even)
    samples = tone(timbre, 440.0, N_SAMPLES, np.random.default_rng(0), n_partials=8)
    # Each partial's own level varies by up to 1.5 dB.
    assert level_db(samples, 440) - level_db(samples, 880) == pytest.approx(lower, abs=3.5)


def test_nothing_sounds_above_what_the_rate_can_hold():
    samples = tone(Timbre(0.01, np.inf, 0.0, roll_off=0.0), 4000.0, N_SAMPLES, np.random.default_rng(0), n_partials=24)
    assert level_db(samples, 8000) - level_db(samples, SAMPLE_RATE - 12000) > 40


def test_a_note_ends_in_silence():
    samples = tone(Timbre(0.01, np.inf, 0.0, roll_off=1.0), 440.0, N_SAMPLES, np.random.default_rng(0), n_partials=8)
    assert abs(samples[-1]) < 0.01 * np.abs(samples).max()


def test_the_a_above_middle_c_is_at_440_hertz():
    assert hertz(69) == 440
    assert hertz(57) == pytest.approx(220)
