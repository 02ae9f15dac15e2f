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
    facts = deformations.measure(note, deformations.deform(note, RATE, scenarios[name], 1))
    assert facts["snr_db"] == pytest.approx(expected_db, abs=0.3)
    assert facts["gain_db"] == pytest.approx(0.0, abs=0.2)


def test_a_gain_is_measured_as_gain_not_as_noise(scenarios, note):
    facts = deformations.measure(note, deformations.deform(note, RATE, scenarios["D4"], 1))
    assert facts["gain_db"] == pytest.approx(-12.0, abs=1e-3)
    assert facts["snr_db"] == float("inf")


def test_full_scale_samples_are_counted_and_not_clipped(note):
    loud = deformations.deform(note, RATE, [{"type": "Gain", "params": {"min_gain_db": 12, "max_gain_db": 12}}], 1)
    facts = deformations.measure(note, loud)
    assert facts["peak"] > 1.5
    assert facts["clipped_share"] == pytest.approx(np.mean(np.abs(loud) >= 1))


def test_changed_length_has_no_measured_noise(note):
    repeated = deformations.deform(note, RATE, [{"type": "Trim", "params": {"top_db": 10}}], 1)
    assert len(repeated) < len(note)
    assert deformations.measure(note, repeated)["snr_db"] is None


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
