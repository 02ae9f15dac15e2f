"""NeuralFP: the published checkpoint, network and front end, against the recipe in TensorFlow's operations."""

import shutil

import numpy as np
import pytest
import torch
from models.neuralfp_model import in_tensorflow
from rounding import assert_same_to_rounding

from soundcheck.embedding.families import neuralfp
from soundcheck.plumbing.errors import SoundcheckError

RNG = np.random.default_rng(0)

# One process writes the checkpoints and computes what is expected of the first one.
IN_TENSORFLOW = """
import numpy as np, tensorflow as tf
from models import neuralfp_model as model

folder = {folder!r}
values = model.variables()
model.save(folder + "/whole/ckpt-100", values, optimizer=True)
some = dict(list(values.items())[:-2])
some["model/front_conv/layer_with_weights-0/BN_1x3/gamma"] = np.zeros(128, np.float32)
some["model/front_conv/layer_with_weights-0/BN_1x3/moving_mean"] = np.zeros(128, np.float32)
model.save(folder + "/other/ckpt-1", some)
for name in ("ckpt-1", "ckpt-20"):
    model.save(folder + "/several/" + name, {{}})

# Slaney's mel scale, and triangles of equal area, from their definition.
def hertz(mel):
    return np.where(mel < 15, mel * 200 / 3, 1000 * 6.4 ** ((mel - 15) / 27))

points = hertz(np.linspace(300 * 3 / 200, 15 + 27 * np.log(4) / np.log(6.4), 258))
bins = np.arange(513) * 8000 / 1024
low, centre, high = points[:-2, None], points[1:-1, None], points[2:, None]
filters = np.maximum(0, np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre))) * 2 / (high - low)

segments = tf.constant(np.load(folder + "/segments.npy"))
spectra = tf.signal.stft(tf.pad(segments, [[0, 0], [512, 512]]), 1024, 256, window_fn=tf.signal.hann_window)
level = tf.math.log(tf.abs(spectra) @ filters.T.astype(np.float32) + 0.06) / np.log(10)
mel = tf.transpose(level - tf.reduce_max(level, axis=(1, 2), keepdims=True), (0, 2, 1))

x = tf.constant(np.load(folder + "/patches.npy"))[..., None]
for layer, stride in enumerate(model.STRIDES):
    for taps, strides in (("1x3", (1, stride)), ("3x1", (2, 1))):
        place = f"model/front_conv/layer_with_weights-{{layer}}/"
        kernel, bias = values[place + f"conv2d_{{taps}}/kernel"], values[place + f"conv2d_{{taps}}/bias"]
        x = tf.nn.elu(tf.nn.conv2d(x, kernel, strides, "SAME") + bias)
        mean, variance = tf.nn.moments(x, axes=(1, 2, 3), keepdims=True)
        gamma, beta = values[place + f"BN_{{taps}}/gamma"], values[place + f"BN_{{taps}}/beta"]
        x = (x - mean) * tf.math.rsqrt(variance + 1e-3) * gamma + beta
x = tf.reshape(x, (-1, 128, 8))
outputs = []
for number in range(128):
    place = f"model/div_enc/split_fc_layers/{{number}}/layer_with_weights-"
    hidden = tf.nn.elu(x[:, number] @ values[place + "0/kernel"] + values[place + "0/bias"])
    outputs.append(hidden @ values[place + "1/kernel"] + values[place + "1/bias"])
np.savez(folder + "/expected.npz", mel=mel, embedding=tf.math.l2_normalize(tf.concat(outputs, 1), axis=1))
"""


@pytest.fixture(scope="module", autouse=True)
def single_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def noise(*shape):
    return RNG.standard_normal(shape).astype(np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Checkpoints, inputs, and what TensorFlow makes of them."""
    folder = tmp_path_factory.mktemp("neuralfp")
    for name in ("whole", "other", "several"):
        (folder / name).mkdir()
    time = np.arange(8000) / 8000
    tone = np.sin(2 * np.pi * 700 * time)
    half_silent = np.concatenate([np.zeros(4000), noise(4000)])
    segments = [noise(8000), 1e-3 * noise(8000), tone, half_silent, np.zeros(8000)]
    np.save(folder / "segments.npy", np.stack(segments).astype(np.float32))
    np.save(folder / "patches.npy", -np.abs(noise(4, 256, 32)))
    in_tensorflow(IN_TENSORFLOW.format(folder=str(folder)))
    return folder


@pytest.fixture(scope="module")
def embedder(folder):
    return load(folder / "whole")


def load(weights, **more):
    return neuralfp.load({"family": "neuralfp", "name": "neuralfp", "weights": weights and str(weights), **more}, "cpu")


def filled(patches):
    """A batch of the size that the driver uses, with zeros behind."""
    batch = np.zeros((32, 256, 32), np.float32)
    batch[: len(patches)] = patches
    return batch


def test_embeddings_are_those_of_the_published_network(folder, embedder):
    expected = np.load(folder / "expected.npz")["embedding"]
    ours = embedder.forward(filled(np.load(folder / "patches.npy")))[:4, 0]
    np.testing.assert_allclose(ours, expected, atol=1e-4)
    assert np.abs(ours - ours.mean(axis=0)).max() > 0.1


def test_the_network_gives_the_same_where_segments_go_together_as_on_a_gpu(folder, embedder, monkeypatch):
    patches = filled(np.load(folder / "patches.npy"))
    expected = embedder.forward(patches)
    monkeypatch.setattr(neuralfp, "LARGE", 0)
    np.testing.assert_allclose(embedder.forward(patches), expected, atol=1e-6)


def test_the_front_end_is_the_published_one(folder):
    expected = np.load(folder / "expected.npz")["mel"]
    filters = neuralfp.mel_filters()
    for segment, mel in zip(np.load(folder / "segments.npy"), expected, strict=True):
        np.testing.assert_allclose(neuralfp.log_mel(segment, filters), mel, atol=2e-5)


def test_a_segments_maximum_is_its_own_reference(embedder):
    loud_and_soft = np.concatenate([noise(12_000), 1e-2 * noise(12_000)])
    patches = embedder.cut(loud_and_soft)
    np.testing.assert_array_equal(patches.max(axis=(1, 2)), 0)
    np.testing.assert_array_equal(embedder.cut(loud_and_soft[4000:])[1:], patches[2:])


@pytest.mark.parametrize("length", [1, 160, 3999, 4000, 4001, 16_000, 19_000])
def test_segments_are_those_of_the_published_evaluation(embedder, length):
    clip = noise(length)
    padded = np.concatenate([np.zeros(4000), clip, np.zeros(4000 - length % 4000)]).astype(np.float32)
    starts = range(0, len(padded) - 4000, 4000)
    filters = neuralfp.mel_filters()
    expected = [neuralfp.log_mel(padded[start : start + 8000], filters) for start in starts]
    np.testing.assert_array_equal(embedder.cut(clip), expected)


def test_a_hop_moves_the_segments(folder):
    embedder = load(folder / "whole", hop_s=0.25)
    clip = noise(8000)
    patches = embedder.cut(clip)
    assert len(patches) == 5
    np.testing.assert_array_equal(patches[2], neuralfp.log_mel(clip, neuralfp.mel_filters()))
    assert embedder.window_hop_s == 0.25


@pytest.mark.rounding
def test_a_segment_is_embedded_the_same_to_rounding_whatever_its_place_and_neighbours(embedder):
    patches = -np.abs(noise(32, 256, 32))
    whole = embedder.forward(patches)
    order = RNG.permutation(32)
    assert_same_to_rounding(embedder.forward(patches[order]), whole[order])
    assert_same_to_rounding(embedder.forward(filled(patches[17:18]))[0], whole[17])


def test_rate_and_dimension_are_declared_and_vectors_have_length_one(embedder):
    assert (embedder.sample_rate, embedder.dimension, embedder.window_hop_s) == (8000, 128, 0.5)
    frames = embedder.forward(filled(embedder.cut(noise(160))))
    assert frames.shape == (32, 1, 128)
    np.testing.assert_allclose(np.linalg.norm(frames, axis=-1), 1, atol=1e-5)


def test_silence_and_offsets_are_finite(embedder):
    clips = np.stack([np.zeros(8000), np.full(8000, 0.5), 1e-6 * noise(8000)]).astype(np.float32)
    patches = np.concatenate([embedder.cut(clip) for clip in clips])
    assert patches.dtype == np.float32
    assert np.isfinite(embedder.forward(filled(patches))).all()


def test_a_checkpoint_is_found_by_its_prefix_its_files_and_its_folder(folder, embedder):
    patches = filled(np.load(folder / "patches.npy"))
    for name in ("ckpt-100", "ckpt-100.index", "ckpt-100.data-00000-of-00001"):
        other = load(folder / "whole" / name)
        assert other.facts == embedder.facts
    np.testing.assert_array_equal(other.forward(patches), embedder.forward(patches))
    assert embedder.facts["weights"].startswith("sha256:")
    assert embedder.facts["checkpoint"] == "ckpt-100"


@pytest.mark.parametrize("weights", [None, ""])
def test_without_weights_it_is_said_how_to_get_them(weights):
    with pytest.raises(SoundcheckError, match=r"^embedder neuralfp has no weights, .* Train .*set `weights`"):
        load(weights)
    with pytest.raises(SoundcheckError, match="has no weights"):
        neuralfp.load({"family": "neuralfp", "name": "neuralfp"}, "cpu")


def test_a_missing_checkpoint_is_told(folder, tmp_path):
    with pytest.raises(
        SoundcheckError, match=r"there is no checkpoint .*ckpt-2; expected ckpt-2\.index and ckpt-2\.data"
    ):
        load(folder / "whole" / "ckpt-2")
    with pytest.raises(SoundcheckError, match="there is no checkpoint"):
        load(tmp_path / "gone" / "ckpt-2")
    shutil.copy(folder / "whole" / "ckpt-100.index", tmp_path)
    with pytest.raises(SoundcheckError, match=r"there is no checkpoint .*ckpt-100; expected"):
        load(tmp_path / "ckpt-100")


def test_a_folder_with_none_or_several_checkpoints_names_them(folder, tmp_path):
    with pytest.raises(SoundcheckError, match=r"should hold one checkpoint .* holds ckpt-1, ckpt-20; set `weights`"):
        load(folder / "several")
    with pytest.raises(SoundcheckError, match="holds none"):
        load(tmp_path)


def test_truncated_and_other_files_are_told(folder, tmp_path):
    for name in ("ckpt-100.index", "ckpt-100.data-00000-of-00001"):
        shutil.copy(folder / "whole" / name, tmp_path)
    data = tmp_path / "ckpt-100.data-00000-of-00001"
    with open(data, "r+b") as file:
        file.truncate(1_000_000)
    with pytest.raises(SoundcheckError, match=r"^embedder neuralfp: .*cannot be read: .* ends at byte 1,000,000"):
        load(tmp_path)
    data.write_bytes(b"")
    with pytest.raises(SoundcheckError, match="cannot be read"):
        load(tmp_path)
    (tmp_path / "ckpt-100.index").write_text("<html>not found</html>" * 10)
    with pytest.raises(SoundcheckError, match="cannot be read: the index is not that of a checkpoint"):
        load(tmp_path)


def test_variables_that_do_not_fit_are_listed(folder):
    message = (
        r"does not fit the published network .*: 2 missing: model/div_enc/split_fc_layers/127/.*; "
        r"1 unexpected: .*/moving_mean; 1 of another shape: .*gamma \(128,\) instead of \(256, 16, 128\)$"
    )
    with pytest.raises(SoundcheckError, match=message):
        load(folder / "other")
