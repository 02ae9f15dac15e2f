"""Scenarios: what audiomentations would refuse, or what would make labels untrue, stops before any job."""

import inspect
import warnings

import pytest
import soundfile
import yaml
from minimal_config import MINIMAL

from soundcheck.audio import transforms
from soundcheck.configuration import catalogue
from soundcheck.configuration.mistakes.scenarios import REQUIRED
from soundcheck.configuration.read import read
from soundcheck.plumbing.errors import SoundcheckError


@pytest.fixture(scope="module")
def known(repository):
    return catalogue.load(repository)


@pytest.fixture
def mistakes(known, tmp_path, monkeypatch):
    """What is wrong with a scenario of one transform, for a task; empty where nothing is."""
    monkeypatch.chdir(tmp_path)

    def found(name, params, task="instrument_classification", probe="M1"):
        experiment = yaml.safe_load(MINIMAL)["experiments"][0] | {"task": task, "probes": [probe]}
        if task != "instrument_classification":
            experiment["datasets"] = [{"name": "mine", "type": "folder", "dir": ".", "split_type": "single"}]
        experiment["deformations"] = [{"name": "tried", "transforms": [{"type": name, "params": params}]}]
        file = tmp_path / "config.yaml"
        file.write_text(yaml.safe_dump({"experiments": [experiment]}))
        try:
            read(yaml.safe_load(file.read_text()), known, [file])
        except SoundcheckError as error:
            return str(error)
        return ""

    return found


def test_the_catalogue_of_transforms_is_that_of_the_installed_audiomentations(known):
    import audiomentations

    not_in_a_config = {"self", "kwargs", "noise_transform", "part_transform"}
    installed = {
        name: {
            key: REQUIRED if parameter.default is inspect.Parameter.empty else parameter.default
            for key, parameter in inspect.signature(kind.__init__).parameters.items()
            if key not in not_in_a_config
        }
        | {"p": 1.0}
        | transforms.DEFAULTS.get(name, {})
        for name, kind in vars(audiomentations).items()
        if inspect.isclass(kind) and name not in ("Compose", "OneOf", "SomeOf", "Lambda")
    }
    assert known.transforms.keys() == installed.keys()
    for name, parameters in installed.items():
        assert known.transforms[name].parameters.keys() == parameters.keys(), name
        for parameter, default in parameters.items():
            is_number = isinstance(default, int | float)
            expected = pytest.approx(default, rel=1e-5) if is_number else default
            assert known.transforms[name].parameters[parameter] == expected, (name, parameter)


def bounds(transform):
    """Of each bounded quantity: values that are just possible, and some that are not."""
    for quantity in {*transform.limits, *transform.positive}:
        low, high = transform.limits.get(quantity, (None, None))
        if quantity in transform.positive:
            low = 1 if quantity in transform.whole else 0.01
        good = [value for value in (low, high) if value is not None]
        bad = [low - 1] if low is not None else []
        bad += [high + 1] if high is not None else []
        bad += [0] if quantity in transform.positive else []
        yield quantity, good, bad
    for quantity, step in transform.multiples.items():
        yield quantity, [step * 2], [step * 2 + 1]
    for quantity, possible in transform.one_of.items():
        yield quantity, possible, [possible[3] + 1]
    for quantity, possible in transform.choices.items():
        yield quantity, possible, ["something"]


# A room is too small for its default places, and a part too short for its default cross-fade.
NOT_ALONE = {("RoomSimulator", "size_x"), ("RoomSimulator", "size_y"), ("RoomSimulator", "size_z")}
NOT_ALONE |= {
    ("RepeatPart", "part_duration"),
    ("AdjustDuration", "padding_mode"),
    ("AdjustDuration", "padding_position"),
}


def test_what_the_catalogue_says_is_possible_is_so_and_nothing_else_is_accepted(known, mistakes, tmp_path):
    warnings.simplefilter("ignore")
    soundfile.write(tmp_path / "noise.wav", [0.1] * 999, 16_000)
    n_refused_by_both = 0
    for name, transform in known.transforms.items():
        base = {key: "noise.wav" for key, value in transform.parameters.items() if value == REQUIRED}
        for quantity, good, bad in bounds(transform):
            keys = [key for key in (quantity, f"min_{quantity}", f"max_{quantity}") if key in transform.parameters]
            assert keys, (name, quantity)
            for value in good if (name, quantity) not in NOT_ALONE else []:
                params = base | dict.fromkeys(keys, value)
                assert mistakes(name, params) == "", (name, quantity, value)
                transforms.transform(name, params)
            for value in bad:
                params = base | dict.fromkeys(keys, value)
                assert mistakes(name, params), (name, quantity, value)
                try:
                    transforms.transform(name, params)
                except SoundcheckError:
                    n_refused_by_both += 1
    assert n_refused_by_both > 60


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("Mp3Compression", {"min_bitrate": 33, "max_bitrate": 33}, "no bitrate lies between min_bitrate (33)"),
        ("Mp3Compression", {"min_bitrate": 7, "max_bitrate": 32}, "min_bitrate is 7, and 8 is the least"),
        ("Mp3Compression", {"min_bitrate": 128}, "min_bitrate (128) is above max_bitrate (64, its default)"),
        ("Mp3Compression", {"max_bitrate": 500}, "max_bitrate is 500, and 320 is the most"),
        ("Mp3Compression", {"backend": "ffmpeg"}, "'ffmpeg' is not possible; valid are fast-mp3-augment"),
        ("Mp3Compression", {"preserve_delay": "no"}, "expected true or false, got 'no'"),
        ("BitCrush", {"min_bit_depth": 4.5}, "must be a whole number"),
        ("BitCrush", {"min_bit_depth": 0}, "min_bit_depth is 0, and 1 is the least"),
        ("TimeStretch", {"min_rate": 0}, "min_rate is 0, and 0.1 is the least"),
        ("LowPassFilter", {"min_rolloff": 13, "max_rolloff": 13}, "must be a multiple of 6"),
        (
            "PitchShift",
            {"method": "librosa"},
            "'librosa' is not possible; valid are librosa_phase_vocoder, signalsmith",
        ),
        ("AddBackgroundNoise", {"sounds_path": "empty"}, "there is no audio in 'empty'"),
        ("AddBackgroundNoise", {"sounds_path": ["good.wav", "gone.wav"]}, "there is no sounds_path 'gone.wav'"),
        ("AddBackgroundNoise", {"sounds_path": "zero"}, "zero/a.wav is empty (0 bytes)"),
        ("AddBackgroundNoise", {"sounds_path": 5}, "is a path, or a list of paths, not 5"),
    ],
)
def test_what_audiomentations_would_refuse_is_said_with_what_is_possible(mistakes, tmp_path, name, params, message):
    soundfile.write(tmp_path / "good.wav", [0.1] * 999, 16_000)
    for folder in ("empty", "zero"):
        (tmp_path / folder).mkdir()
    (tmp_path / "empty" / "._a.wav").write_bytes(b"macOS")
    (tmp_path / "zero" / "a.wav").write_bytes(b"")
    assert message in mistakes(name, params)


TIME = {
    "Reverse": {},
    "Shift": {},
    "TimeStretch": {},
    "Padding": {},
    "Trim": {},
    "RepeatPart": {},
    "AdjustDuration": {"duration_seconds": 2},
    "RoomSimulator": {},
    "Mp3Compression": {"preserve_delay": True},
}
STAY = {
    "RoomSimulator": {"leave_length_unchanged": True},
    "Mp3Compression": {},
    "Resample": {},
    "Gain": {},
    "TimeMask": {},
}


@pytest.mark.parametrize("name", TIME)
def test_events_are_not_looked_for_where_they_no_longer_are(mistakes, name):
    event_task = {"name": "sounds", "type": "event_detection"}
    assert f"{name} changes when something sounds, which the labels of sounds tell" in mistakes(
        name, TIME[name], event_task
    )
    assert mistakes(name, TIME[name]) == ""


@pytest.mark.parametrize("name", STAY)
def test_what_leaves_events_in_their_place_is_accepted(mistakes, name):
    assert "changes when" not in mistakes(name, STAY[name], {"name": "sounds", "type": "event_detection"})


def test_keys_and_notes_are_not_asked_for_after_a_shift_of_pitch_nor_tempi_after_a_stretch(mistakes):
    for task in ("key_estimation", "pitch_class_classification", "tonic_classification", "note_detection"):
        assert "PitchShift changes the pitch" in mistakes("PitchShift", {}, task), task
    assert "TimeStretch changes the tempo" in mistakes("TimeStretch", {}, "tempo_estimation")
    assert "changes" not in mistakes("TimeStretch", {}, "key_estimation")
    assert mistakes("PitchShift", {}) == ""
