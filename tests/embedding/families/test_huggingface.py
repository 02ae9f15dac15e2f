"""Encoders of the Hugging Face hub: MERT against its architecture, written out here; windows, frames and layers."""

import itertools
import math

import numpy as np
import pytest
import torch
from encoders import RATE, RNG, edit, embedded, load, noise
from models import mert_model
from rounding import assert_same_to_rounding
from torch.nn import functional as F

from soundcheck.embedding.families.support import windows
from soundcheck.plumbing.errors import SoundcheckError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A small model built like MERT-v1-95M."""
    path = tmp_path_factory.mktemp("mert")
    mert_model.write(path)
    return path


def published(weights, config, waveform):
    """Hidden states of MERT-v1 `(layers, frames, dim)`: what enters the first block, then what leaves each."""
    stable, width = config["do_stable_layer_norm"], config["hidden_size"]

    def norm(x, name):
        return F.layer_norm(x, x.shape[-1:], weights[f"{name}.weight"], weights[f"{name}.bias"], 1e-5)

    def linear(x, name):
        return F.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def attention(x, name):
        heads, size = config["num_attention_heads"], width // config["num_attention_heads"]
        query, key, value = (linear(x, f"{name}.{part}_proj").reshape(-1, heads, size) for part in "qkv")
        scores = torch.einsum("ihd,jhd->hij", query, key) / math.sqrt(size)
        return linear(torch.einsum("hij,jhd->ihd", scores.softmax(-1), value).reshape(-1, width), f"{name}.out_proj")

    def feed_forward(x, name):
        return linear(F.gelu(linear(x, f"{name}.intermediate_dense")), f"{name}.output_dense")

    x = waveform[None, None]
    for i, stride in enumerate(config["conv_stride"]):
        layer = f"feature_extractor.conv_layers.{i}"
        x = F.conv1d(x, weights[f"{layer}.conv.weight"], weights.get(f"{layer}.conv.bias"), stride)
        if config["feat_extract_norm"] == "layer":
            x = norm(x.transpose(1, 2), f"{layer}.layer_norm").transpose(1, 2)
        elif i == 0:  # a group for each channel, over the whole time axis
            deviation = (x.var(2, correction=0, keepdim=True) + 1e-5).sqrt()
            x = (x - x.mean(2, keepdim=True)) / deviation * weights[f"{layer}.layer_norm.weight"][:, None]
            x = x + weights[f"{layer}.layer_norm.bias"][:, None]
        x = F.gelu(x)
    x = linear(norm(x[0].T, "feature_projection.layer_norm"), "feature_projection.projection")

    name, taps = "encoder.pos_conv_embed.conv", config["num_conv_pos_embeddings"]
    direction = weights[f"{name}.weight_v"]
    kernel = weights[f"{name}.weight_g"] * direction / direction.square().sum((0, 1), keepdim=True).sqrt()
    groups = config["num_conv_pos_embedding_groups"]
    position = F.conv1d(x.T[None], kernel, weights[f"{name}.bias"], padding=taps // 2, groups=groups)[0]
    x = x + F.gelu(position[:, : len(x)].T)  # an even number of taps gives one value too many
    if not stable:
        x = norm(x, "encoder.layer_norm")

    states = [x]
    for i in range(config["num_hidden_layers"]):
        block = f"encoder.layers.{i}"
        if stable:
            x = x + attention(norm(x, f"{block}.layer_norm"), f"{block}.attention")
            x = x + feed_forward(norm(x, f"{block}.final_layer_norm"), f"{block}.feed_forward")
        else:
            x = norm(x + attention(x, f"{block}.attention"), f"{block}.layer_norm")
            x = norm(x + feed_forward(x, f"{block}.feed_forward"), f"{block}.final_layer_norm")
        states.append(x)
    if stable:
        states[-1] = norm(x, "encoder.layer_norm")
    return torch.stack(states).numpy()


@pytest.mark.parametrize("form", ["pytorch_model.bin", "model.safetensors"])
@pytest.mark.parametrize(
    ("size", "changes"),
    [("95M", {}), ("330M", {}), ("330M", {"feat_extract_norm": "layer", "conv_bias": True})],
)
def test_all_layers_are_those_of_the_published_architecture(tmp_path, size, changes, form):
    weights = mert_model.write(tmp_path, size, form, **changes)
    embedder = load(tmp_path)
    clip = noise(12_345)
    frames = embedded(embedder, clip)
    layers = frames.reshape(len(frames), embedder.n_layers, -1).transpose(1, 0, 2)
    scaled = (clip - clip.mean()) / np.sqrt(clip.var() + 1e-7)
    config = mert_model.config(size, **(mert_model.SMALL | changes))
    expected = published(weights, config, torch.from_numpy(scaled.astype(np.float32)))
    assert embedder.n_layers == {"95M": 13, "330M": 25}[size]
    assert layers.shape == expected.shape
    assert min(np.abs(layer).mean() for layer in expected) > 0.1
    np.testing.assert_allclose(layers, expected, atol=1e-4)


def test_windows_have_the_mean_and_variance_of_the_published_feature_extractor(folder):
    extractor = pytest.importorskip("transformers").Wav2Vec2FeatureExtractor.from_pretrained(folder)
    for clip in (noise(5000), noise(5000) * 1e-4 + 0.3, np.zeros(500, np.float32)):
        (window,) = load(folder).cut(clip)
        expected = extractor(clip, sampling_rate=RATE).input_values[0]
        np.testing.assert_allclose(window, expected, atol=1e-5 if clip.mean() < 0.1 else 1e-3)


def test_samples_are_left_as_they_are_where_the_preprocessor_says_so(tmp_path):
    mert_model.write(tmp_path)
    edit(tmp_path / "preprocessor_config.json", do_normalize=False, sampling_rate=16_000)
    embedder = load(tmp_path, sample_rate=16_000)
    clip = noise(5000)
    np.testing.assert_array_equal(embedder.cut(clip)[0], clip)
    assert (embedder.sample_rate, embedder.facts["normalised_input"]) == (16_000, False)


def test_clips_go_whole_or_in_pieces_of_nearly_equal_length_each_normalised(folder):
    embedder = load(folder, longest_s=0.1)
    assert embedder.batch_size == 1
    assert [len(window) for window in embedder.cut(noise(2400))] == [2400]
    pieces = embedder.cut(noise(5000) + 1)
    assert [len(piece) for piece in pieces] == [1667, 1667, 1666]
    np.testing.assert_allclose([piece.mean() for piece in pieces], 0, atol=1e-6)
    np.testing.assert_allclose([piece.std() for piece in pieces], 1, atol=1e-3)


def test_only_a_clip_shorter_than_the_receptive_field_is_padded(folder):
    embedder = load(folder)
    assert [len(embedder.cut(noise(n))[0]) for n in (1, 399, 400, 480)] == [400, 400, 400, 480]
    np.testing.assert_array_equal(embedder.cut(noise(100))[0][100:], 0)
    for n in (1, 399, 480):
        frames = embedded(embedder, noise(n))
        assert frames.shape == (1, 13 * 32)
        assert np.isfinite(frames).all()


def test_windows_of_constant_length_end_with_the_clip_and_short_clips_are_repeated(folder):
    embedder = load(folder, window_s=0.05, batch_size=4)
    assert (embedder.batch_size, embedder.window_hop_s) == (4, 0.05)
    assert load(folder, window_s=0.05).batch_size == 8
    assert [part.tolist() for part in windows.equal(np.arange(5), 12)] == [[0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]]
    assert [part[[0, -1]].tolist() for part in windows.equal(np.arange(30), 12)] == [[0, 11], [12, 23], [18, 29]]
    assert [part[0] for part in windows.equal(np.arange(24), 12)] == [0, 12]
    assert {len(window) for n in (480, 1200, 1300, 7777) for window in embedder.cut(noise(n))} == {1200}


@pytest.mark.rounding
def test_a_window_is_embedded_the_same_to_rounding_whatever_its_place_and_neighbours(folder):
    embedder = load(folder, window_s=0.2, batch_size=8)
    windows = np.stack([embedder.cut(noise(4800))[0] for _ in range(8)])
    whole = embedder.forward(windows)
    order = RNG.permutation(8)
    assert_same_to_rounding(embedder.forward(windows[order]), whole[order])
    alone = np.zeros_like(windows)
    alone[3] = windows[5]
    assert_same_to_rounding(embedder.forward(alone)[3], whole[5])
    np.testing.assert_allclose(load(folder).forward(windows[5:6])[0], whole[5], atol=1e-5)


def test_frames_and_their_times_are_those_of_the_convolutions(folder):
    embedder = load(folder)
    assert embedded(embedder, noise(RATE)).shape == (74, 13 * 32)
    assert (embedder.sample_rate, embedder.dimension, embedder.n_layers) == (RATE, 13 * 32, 13)
    assert embedder.hop_s == pytest.approx(1 / 75)
    assert embedder.first_s == pytest.approx(200 / RATE)
    assert embedder.window_hop_s is None


def test_a_hop_averages_the_frames_of_each_stretch(folder):
    clip = noise(RATE)
    every, averaged = load(folder), load(folder, hop_s=0.1)
    frames, means = embedded(every, clip), embedded(averaged, clip)
    # 7.5 frames of 320 samples make a stretch of 2400.
    starts = [0, 8, 15, 23, 30, 38, 45, 53, 60, 68, 74]
    expected = [frames[start:stop].mean(axis=0) for start, stop in itertools.pairwise(starts)]
    np.testing.assert_allclose(means, expected, atol=1e-5)
    assert averaged.hop_s == pytest.approx(0.1)
    times = [every.first_s + every.hop_s * np.arange(a, b).mean() for a, b in itertools.pairwise(starts[:-1])]
    np.testing.assert_allclose(averaged.first_s + averaged.hop_s * np.arange(9), times, atol=every.hop_s)


def test_embeddings_are_the_same_again_from_several_threads_and_whatever_was_drawn_before(folder):
    from concurrent.futures import ThreadPoolExecutor

    clips = [noise(3000 + 100 * i) for i in range(8)]
    embedder = load(folder)
    first = [embedded(embedder, clip) for clip in clips]
    torch.rand(5)
    again = load(folder)
    with ThreadPoolExecutor(4) as threads:
        for left, right in zip(first, threads.map(lambda clip: embedded(again, clip), clips), strict=True):
            np.testing.assert_array_equal(left, right)


def test_silence_is_finite_and_loudness_does_not_matter(folder):
    embedder = load(folder)
    for silence in (np.zeros(4800, np.float32), np.full(4800, 0.1, np.float32)):
        assert np.isfinite(embedded(embedder, silence)).all()
    clip = noise(4800)
    np.testing.assert_allclose(embedded(embedder, clip / 4), embedded(embedder, clip), atol=2e-3)


def test_bfloat16_is_for_a_gpu_alone_and_facts_say_what_was_used(folder):
    import hashlib

    facts = load(folder, precision="bfloat16").facts
    weights = (folder / "pytorch_model.bin").read_bytes()
    assert facts["precision"] == "float32"
    assert facts["weights"] == f"sha256:{hashlib.sha256(weights).hexdigest()}"
    assert facts["model"] == "HubertModel (mert_model)"
    assert facts["unused_weights"] == []
    assert not facts["remote_code"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"precision": "bfloat61"}, "unknown precision 'bfloat61' .did you mean 'bfloat16'"),
        ({"hop_s": 0.01}, r"hop_s is 0\.01 s; expected 0 or at least 0\.01334 s"),
        ({"window_s": 0.01}, r"window_s is 0\.01 s; expected 0 or at least 0\.01667 s"),
    ],
)
def test_options_that_do_not_fit_are_explained(folder, options, message):
    with pytest.raises(SoundcheckError, match=f"^embedder mine: .*{message}"):
        load(folder, **options)
