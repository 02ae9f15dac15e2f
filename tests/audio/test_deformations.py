"""Deformation: in memory, on float, the same bytes for the same (seed, scenario, track)."""

import numpy as np
import pytest

from soundcheck.audio import deformations
from soundcheck.audio.samples import UnusableAudioError
from soundcheck.configuration import catalogue
from soundcheck.configuration.yaml.canonical import canonical
from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.seeds import seed_for

RATE = 22_050


@pytest.fixture(scope="module")
def scenarios(repository):
    return catalogue.load(repository).deformations


@pytest.fixture
def note():
    time = np.arange(RATE) / RATE
    return (0.5 * np.exp(-3 * time) * np.sin(2 * np.pi * 440 * time)).astype(np.float32)


def test_identity_changes_nothing_and_leaves_the_input_alone(scenarios, note):
    before = note.copy()
    np.testing.assert_array_equal(deformations.deform(note, RATE, scenarios["identity"], 1), note)
    deformations.deform(note, RATE, scenarios["D2"], 1)
    np.testing.assert_array_equal(note, before)


@pytest.mark.parametrize(("name", "expected_db"), [("D1", 15.0), ("D2", 0.0)])
def test_measured_noise_is_the_noise_that_was_asked_for(scenarios, note, name, expected_db):
    facts = deformations.measure(note, deformations.deform(note, RATE, scenarios[name], 1), RATE)
    assert facts["snr_db"] == pytest.approx(expected_db, abs=0.3)
    assert facts["gain_db"] == pytest.approx(0.0, abs=0.2)


def test_a_gain_is_measured_as_gain_not_as_noise(scenarios, note):
    facts = deformations.measure(note, deformations.deform(note, RATE, scenarios["D4"], 1), RATE)
    assert facts["gain_db"] == pytest.approx(-12.0, abs=1e-3)
    assert facts["snr_db"] == float("inf")


def test_full_scale_samples_are_counted_and_not_clipped(note):
    loud = deformations.deform(note, RATE, [{"type": "Gain", "params": {"min_gain_db": 12, "max_gain_db": 12}}], 1)
    facts = deformations.measure(note, loud, RATE)
    assert facts["peak"] > 1.5
    assert facts["clipped_share"] == pytest.approx(np.mean(np.abs(loud) >= 1))


def test_changed_length_has_no_measured_noise(note):
    repeated = deformations.deform(note, RATE, [{"type": "Trim", "params": {"top_db": 10}}], 1)
    assert len(repeated) < len(note)
    assert deformations.measure(note, repeated, RATE)["snr_db"] is None


def test_a_shift_of_pitch_changes_the_spectrum_and_hardly_the_level_and_has_no_noise(note):
    shifted = deformations.deform(
        note, RATE, [{"type": "PitchShift", "params": {"min_semitones": 7, "max_semitones": 7}}], 1
    )
    facts = deformations.measure(note, shifted, RATE, is_additive=False)
    assert facts["gain_db"] is facts["snr_db"] is None
    assert facts["level_db"] == pytest.approx(0, abs=1.5)
    assert facts["spectrum_db"] > 3


def test_a_spectrum_is_compared_whatever_the_level_and_the_length(note):
    hiss = np.random.default_rng(0).normal(size=10 * RATE).astype(np.float32)
    for deformed in (hiss * np.float32(0.1), hiss[::-1].copy(), np.tile(hiss, 2), hiss[: 5 * RATE]):
        facts = deformations.measure(hiss, deformed, RATE)
        assert facts["spectrum_db"] == pytest.approx(0, abs=0.5)
    assert deformations.measure(note, note * np.float32(0.1), RATE)["level_db"] == pytest.approx(-20, abs=1e-3)
    low = [{"type": "LowPassFilter", "params": {"min_cutoff_freq": 2000, "max_cutoff_freq": 2000, "min_rolloff": 96}}]
    low[0]["params"] |= {"max_rolloff": 96}
    strong = deformations.measure(hiss, deformations.deform(hiss, RATE, low, 1), RATE, False)["spectrum_db"]
    low[0]["params"] |= {"min_rolloff": 12, "max_rolloff": 12}
    gentle = deformations.measure(hiss, deformations.deform(hiss, RATE, low, 1), RATE, False)["spectrum_db"]
    assert 5 < gentle < strong < 30


def test_what_a_deformation_silences_is_left_out_with_a_reason(note):
    mask = [{"type": "Padding", "params": {"min_fraction": 1, "max_fraction": 1}}]
    with pytest.raises(UnusableAudioError, match="silent after the deformation"):
        deformations.deform(note, RATE, mask, 1)


@pytest.mark.parametrize("name", ["D1", "D2", "D3"])
def test_same_seed_same_bytes_whatever_was_drawn_before(scenarios, note, name):
    first = deformations.deform(note, RATE, scenarios[name], seed_for(42, name, "a"))
    deformations.deform(note, RATE, scenarios["D1"], 99)
    np.random.rand(7)  # noqa: NPY002 - audiomentations shares this generator
    again = deformations.deform(note, RATE, scenarios[name], seed_for(42, name, "a"))
    np.testing.assert_array_equal(first, again)


def test_another_track_scenario_or_base_seed_gives_other_noise(scenarios, note):
    seeds = [seed_for(42, "D1", "a"), seed_for(42, "D1", "b"), seed_for(42, "D2", "a"), seed_for(43, "D1", "a")]
    outcomes = {deformations.deform(note, RATE, scenarios["D1"], seed).tobytes() for seed in seeds}
    assert len(outcomes) == len(seeds)


def test_a_transform_is_applied_to_every_track_unless_p_says_otherwise(note):
    gain = [{"type": "Gain", "params": {"min_gain_db": -6, "max_gain_db": -6}}]
    assert all(not np.array_equal(deformations.deform(note, RATE, gain, seed), note) for seed in range(20))


def test_a_recording_too_short_for_a_codec_is_left_out_with_a_reason(scenarios):
    with pytest.raises(UnusableAudioError, match="Mp3Compression failed on this recording"):
        deformations.deform(np.ones(100, np.float32), RATE, scenarios["D3"], 1)


def test_refused_parameters_name_the_transform(note):
    with pytest.raises(SoundcheckError, match="AddGaussianSNR refuses its parameters"):
        deformations.deform(note, RATE, [{"type": "AddGaussianSNR", "params": {"min_snr_db": 9, "max_snr_db": 1}}], 1)


def test_parameters_of_the_thesis_era_are_translated(repository):
    raw = {"deformations": [[{"type": "Gain", "params": {"min_gain_in_db": -12, "max_gain_in_db": -12, "p": 1}}]]}
    config = canonical({"experiments": [raw]}, catalogue.load(repository))
    transform = config["experiments"][0]["deformations"][0]["transforms"][0]
    assert transform["params"] == {"min_gain_db": -12, "max_gain_db": -12, "p": 1}


@pytest.mark.parametrize("transform", ["PitchShift", "LowPassFilter", "TanhDistortion", "RoomSimulator", "TimeStretch"])
def test_any_scenario_of_audiomentations_is_reproducible(note, transform):
    chain = [{"type": transform}, {"type": "AddGaussianNoise"}]
    first, again = (deformations.deform(note, RATE, chain, 5) for _ in range(2))
    np.testing.assert_array_equal(first, again)
