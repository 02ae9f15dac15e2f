"""Folders of encoders that see what a feature extractor makes of a clip: where settings are, what cannot be used."""

import json

import numpy as np
import pytest
from encoders import edit, frames_of, load, noise
from models import audio_encoders
from safetensors.torch import load_file, save_file

from soundcheck.plumbing.errors import SoundcheckError


def test_settings_of_an_extractor_inside_of_those_of_a_processor_are_found(tmp_path):
    audio_encoders.write(tmp_path, "whisper")
    clip = noise(4000)
    expected = frames_of(load(tmp_path), clip)
    settings = json.loads((tmp_path / "preprocessor_config.json").read_text())
    (tmp_path / "preprocessor_config.json").unlink()
    (tmp_path / "processor_config.json").write_text(json.dumps({"feature_extractor": settings}))
    np.testing.assert_array_equal(frames_of(load(tmp_path), clip), expected)


def rewrite(folder, change):
    save_file(change(load_file(folder / "model.safetensors")), folder / "model.safetensors", {"format": "pt"})


def without(*endings):
    return lambda weights: {name: value for name, value in weights.items() if not name.endswith(endings)}


FAULTS = {
    "another extractor": (
        "whisper",
        lambda f: edit(f / "preprocessor_config.json", feature_extractor_type="ASTFeatureExtractor"),
        r"asks for ASTFeatureExtractor, but config\.json beside it describes a model of type whisper, which takes what "
        "WhisperFeatureExtractor makes",
    ),
    "features of another shape": (
        "audio-spectrogram-transformer",
        lambda f: edit(f / "preprocessor_config.json", max_length=512),
        r"gives features of shape \(512, 128\), but config\.json beside it describes a model of \(1024, 128\)",
    ),
    "features of other bands": (
        "whisper",
        lambda f: edit(f / "preprocessor_config.json", feature_size=128),
        r"gives features of shape \(128, 300\), but config\.json beside it describes a model of \(80, 300\)",
    ),
    "padding before a clip": (
        "whisper",
        lambda f: edit(f / "preprocessor_config.json", padding_side="left"),
        r"preprocessor_config\.json in .* has padding_side 'left'; expected 'right'",
    ),
    "noise in the features": (
        "speech_to_text",
        lambda f: edit(f / "preprocessor_config.json", dither=1.0),
        r"has dither 1\.0; expected 0, since it would add other noise each time",
    ),
    "settings of no sense": (
        "clap",
        lambda f: edit(f / "preprocessor_config.json", fft_window_size="wide"),
        "does not describe a ClapFeatureExtractor",
    ),
    "a weight of the encoder missing": (
        "whisper",
        lambda f: rewrite(f, without("encoder.layers.2.fc1.bias")),
        r"it lacks layers\.2\.fc1\.bias",
    ),
    "a layer more than it says": (
        "whisper",
        lambda f: edit(f / "config.json", encoder_layers=2),
        r"it has besides .*layers\.2\..* and 1\d more",
    ),
    "two channels": (
        "encodec",
        lambda f: (edit(f / "config.json", audio_channels=2), edit(f / "preprocessor_config.json", feature_size=2)),
        "cannot be used: it takes two channels",
    ),
    "a type that is not there": (
        "whisper",
        lambda f: edit(f / "config.json", model_type="univnet"),
        "describes a model of type univnet; supported are mert_model, hubert, .*whisper, clap.* HEAR API",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_folder_that_cannot_be_used_is_explained_in_one_line(tmp_path, fault):
    kind, damage, message = FAULTS[fault]
    audio_encoders.write(tmp_path, kind)
    damage(tmp_path)
    with pytest.raises(SoundcheckError, match=f"^embedder mine: .*{message}") as raised:
        load(tmp_path)
    assert "\n" not in str(raised.value)
    assert str(tmp_path) in str(raised.value)


def test_what_the_encoder_does_not_need_may_be_absent(tmp_path):
    audio_encoders.write(tmp_path, "whisper")
    clip = noise(4000)
    embedder = load(tmp_path)
    assert embedder.facts["unused_weights"] == ["decoder"]
    expected = frames_of(embedder, clip)
    rewrite(tmp_path, lambda weights: {name: value for name, value in weights.items() if ".decoder." not in name})
    np.testing.assert_array_equal(frames_of(load(tmp_path), clip), expected)


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("whisper", {"tokens": ["cls"]}, "token 'cls' does not exist; a model of this type has none"),
        ("audio-spectrogram-transformer", {"tokens": ["clss"]}, "token 'clss' does not exist .did you mean 'cls'"),
        ("clap", {"tokens": ["cls"]}, "token 'cls' does not exist; valid are pooled, projected"),
        ("audio-spectrogram-transformer", {"tokens": ["cls"], "hop_s": 0.5}, "hop_s is for the frames of a model"),
        ("clap", {"hop_s": 20}, "hop_s is for the frames of a model"),
        ("whisper", {"window_s": 4}, r"window_s is 4 s, but the model sees 3 s at once"),
        ("whisper", {"hop_s": 0.01}, r"hop_s is 0\.01 s; expected 0 or at least 0\.02 s"),
    ],
)
def test_options_that_do_not_fit_are_explained(tmp_path, kind, options, message):
    audio_encoders.write(tmp_path, kind)
    with pytest.raises(SoundcheckError, match=f"^embedder mine: .*{message}"):
        load(tmp_path, **options)
