"""MULE: the published front end against its definition, and the way in and out of a network of the published shapes.

The networks are stand-ins: random weights behind the published input and before the published 1728 outputs.
"""

import json
import os
import subprocess
import sys

import numpy as np
import pytest
from models import mule_model
from rounding import assert_same_to_rounding

from soundcheck.embedding.families import mule
from soundcheck.plumbing.errors import SoundcheckError

RNG = np.random.default_rng(0)
RATE = 16_000

# TensorFlow is kept out of the process of the tests: Essentia, which they may load, brings another copy of it.
SCRIPT = """
import json, sys
from pathlib import Path
import numpy as np
from soundcheck.embedding.families import mule
from soundcheck.plumbing.errors import SoundcheckError

folder = Path(sys.argv[1])
slices = np.load(folder / "slices.npy")

def load(name):
    return mule.load({"family": "mule", "name": "mule", "weights": str(folder / name), "hop_s": 2.0}, "cpu")

def error_of(name):
    try:
        load(name)
    except SoundcheckError as error:
        return str(error)

embedder = load("model.keras")
arrays = {"keras": embedder.forward(slices), "again": load("model.keras").forward(slices)}
arrays["reversed"] = embedder.forward(slices[::-1])
arrays["alone"] = embedder.forward(np.concatenate([slices[5:6], np.zeros_like(slices[1:])]))
arrays["silence"] = embedder.forward(np.stack([embedder.cut(np.zeros(100, np.float32))[0]] * mule.BATCH_SIZE))
saved = load("saved_model")
arrays["saved"] = saved.forward(slices)
said = {name: error_of(name) for name in ("other_size.keras", "layered.keras", "cut.keras", "no_model")}
said["facts"] = [embedder.facts, saved.facts]
names = ("sample_rate", "dimension", "batch_size", "first_s", "window_hop_s")
said["numbers"] = [getattr(embedder, name) for name in names]
sys.path.insert(0, str(folder / "package"))
arrays["layered"] = load("layered.keras").forward(slices)
np.savez(folder / "arrays.npz", **arrays)
(folder / "said.json").write_text(json.dumps(said))
"""


@pytest.fixture(scope="module")
def run(tmp_path_factory, repository):
    """The slices that went in, the arrays that came out, and what was said, by models loaded in another process."""
    folder = tmp_path_factory.mktemp("mule")
    mule_model.write_all(folder)
    (folder / "cut.keras").write_bytes((folder / "model.keras").read_bytes()[:-500])
    (folder / "no_model").mkdir()
    (folder / "no_model" / "saved_model.pb").write_bytes(b"nothing")
    slices = RNG.standard_normal((mule.BATCH_SIZE, 96, 300), dtype=np.float32)
    np.save(folder / "slices.npy", slices)
    variables = os.environ | {"PYTHONPATH": str(repository / "workflow" / "scripts"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", SCRIPT, str(folder)], env=variables, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return slices, np.load(folder / "arrays.npz"), json.loads((folder / "said.json").read_text())


# --- the front end --------------------------------------------------------------------------------------------------


def defined_mel(samples):
    """The mel spectrogram `(96, n_frames)` from its definition, in float64."""
    window = np.zeros(2048)
    window[824:1224] = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(400) / 400)
    padded = np.pad(samples.astype(np.float64), 1024, mode="reflect")
    frames = np.stack([padded[start : start + 2048] for start in range(0, len(samples) + 1, 160)])
    power = np.abs(np.fft.rfft(frames * window)) ** 2
    top = 2595 * np.log10(1 + 8000 / 700)
    corners = 700 * (10 ** (np.linspace(0, top, 98) / 2595) - 1)
    frequencies = np.arange(1025) * RATE / 2048
    filters = np.empty((96, 1025))
    for band, (low, middle, high) in enumerate(zip(corners, corners[1:], corners[2:], strict=False)):
        rising, falling = (frequencies - low) / (middle - low), (high - frequencies) / (high - middle)
        filters[band] = np.clip(np.minimum(rising, falling), 0, None)
    filters /= np.linalg.norm(filters, axis=1, keepdims=True)
    return np.log10(10_000 * filters @ power.T + 1)


def defined_slices(samples):
    """As published: 300 frames around frames 200, 400, ..., moved inside where they stick out, standardised."""
    mel = defined_mel(samples)
    slices = []
    for centre in range(200, mel.shape[1], 200):
        centre = min(centre, mel.shape[1] - 150)
        part = mel[:, centre - 150 : centre + 150]
        slices.append((part - part.mean()) / max(part.std(), 0.01))
    return np.stack(slices)


def music(n_samples):
    time = np.arange(n_samples) / RATE
    tone = sum(np.sin(2 * np.pi * 220 * k * time) / k for k in range(1, 20)) * np.exp(-(time % 0.5) * 5)
    return (0.2 * tone + 0.01 * RNG.standard_normal(n_samples)).astype(np.float32)


@pytest.mark.parametrize("n_samples", [1500, 16_000, 31 * RATE + 77])
def test_the_mel_spectrogram_is_as_defined(n_samples):
    samples = music(n_samples)
    found = mule.mel_spectrogram(samples)
    assert found.shape == (96, 1 + n_samples // 160)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, defined_mel(samples), atol=2e-5)


@pytest.mark.parametrize("n_samples", [47_840, 48_000, 50_000, 6 * RATE, 100_001])
def test_slices_are_those_of_the_published_program(n_samples):
    samples = music(n_samples)
    np.testing.assert_allclose(mule.slices(samples, 200), defined_slices(samples), atol=1e-4)


def test_six_seconds_give_three_slices_as_its_readme_shows():
    assert np.shape(mule.slices(music(6 * RATE), 200)) == (3, 96, 300)


@pytest.mark.parametrize("n_samples", [1, 320, 16_000, 47_839])
def test_a_clip_too_short_for_a_slice_is_followed_by_silence(n_samples):
    samples = music(n_samples)
    (found,) = mule.slices(samples, 200)
    np.testing.assert_array_equal(found, mule.slices(np.pad(samples, (0, 47_840 - n_samples)), 200)[0])
    mel = defined_mel(np.pad(samples, (0, 47_840 - n_samples)))
    np.testing.assert_allclose(found, (mel - mel.mean()) / max(mel.std(), 0.01), atol=1e-4)


@pytest.mark.parametrize(("hop", "n_samples", "count"), [(50, 6 * RATE, 8), (100, 6 * RATE, 4), (900, 6 * RATE, 1)])
def test_another_hop_gives_other_slices_and_none_of_them_twice(hop, n_samples, count):
    slices = np.stack(mule.slices(music(n_samples), hop))
    assert len(slices) == count
    assert len(np.unique(slices.reshape(count, -1), axis=0)) == count


def test_silence_is_zero_and_never_not_a_number():
    assert not np.any(mule.slices(np.zeros(4 * RATE, np.float32), 200))


# --- the network ----------------------------------------------------------------------------------------------------


def test_both_forms_of_the_model_return_what_numpy_computes(run):
    slices, arrays, _ = run
    expected = mule_model.computed(slices)[:, None]
    assert expected.shape == (mule.BATCH_SIZE, 1, 1728)
    np.testing.assert_allclose(arrays["keras"], expected, atol=1e-4)
    np.testing.assert_allclose(arrays["saved"], expected, atol=1e-4)


def test_layers_of_the_package_are_known_where_it_is_installed_and_asked_for_where_it_is_not(run):
    slices, arrays, said = run
    np.testing.assert_allclose(arrays["layered"], mule_model.computed(slices, gain=2.0)[:, None], atol=1e-4)
    assert "which is not installed: pip install --no-deps sxmp-mule==1.1.2" in said["layered.keras"]


@pytest.mark.rounding
def test_a_slice_is_embedded_the_same_to_rounding_whatever_its_place_and_neighbours(run):
    _, arrays, _ = run
    np.testing.assert_array_equal(arrays["again"], arrays["keras"])
    assert_same_to_rounding(arrays["reversed"], arrays["keras"][::-1])
    assert_same_to_rounding(arrays["alone"][0], arrays["keras"][5])
    assert np.isfinite(arrays["silence"]).all()


def test_rate_dimension_and_times_are_as_declared(run):
    _, _, said = run
    assert said["numbers"] == [16_000, 1728, mule.BATCH_SIZE, 2.0, 2.0]
    for facts in said["facts"]:
        assert "sha256:" in facts["weights"]
        assert "silence" in facts["short_clips"]


def test_another_model_and_a_damaged_one_are_refused(run):
    _, _, said = run
    assert "is not MULE: it returned the shape (12, 512); expected 1728 values" in said["other_size.keras"]
    assert "cut.keras cannot be loaded: " in said["cut.keras"]
    assert "no_model cannot be loaded as a SavedModel" in said["no_model"]
    assert not any("\n" in said[name] for name in ("other_size.keras", "layered.keras", "cut.keras", "no_model"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, r"model\.keras is not there: download it"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1da1\n", "is a pointer of Git LFS, .*`git lfs pull`"),
        (b"<!DOCTYPE html>", r"is not a \.keras file \(a zip archive\)"),
        ("folder", r"is a folder without saved_model\.pb"),
    ],
)
def test_what_is_no_model_is_said_so(tmp_path, content, message):
    path = tmp_path / "model.keras"
    if content == "folder":
        path.mkdir()
    elif content:
        path.write_bytes(content)
    with pytest.raises(SoundcheckError, match=f"^embedder mule: .*{message}"):
        mule.load({"name": "mule", "weights": str(path), "hop_s": 2.0}, "cpu")
