"""SampleCNN as products of matrices, against the same network as published, in float64."""

import copy

import numpy as np
import pytest
import torch
from models import clmr_model
from torch.nn import functional

from soundcheck.embedding.families.support import sample_cnn

pytestmark = pytest.mark.usefixtures("torch_on_one_thread")

RNG = np.random.default_rng(0)
WINDOW = 59_049


@pytest.fixture(scope="module")
def network():
    network = sample_cnn.SampleCNN().eval().requires_grad_(False)
    network.load_state_dict(clmr_model.encoder())
    return network


@pytest.fixture(scope="module")
def matrices(network):
    return sample_cnn.MatrixSampleCNN(network)


def noise(*shape):
    return torch.from_numpy(RNG.standard_normal(shape).astype(np.float32))


def test_a_max_pooling_compares_the_outputs_of_the_convolution():
    taps, bias = noise(3, 5, 7).double(), noise(7).double()
    x = noise(2, 5, 36).double()
    expected = functional.max_pool1d(functional.conv1d(x, taps.permute(2, 1, 0), bias, padding=1), 3)

    phases = torch.zeros(3, 2, 14, 5, dtype=torch.float64)
    phases[:, :, 1:-1] = x.unflatten(2, (12, 3)).permute(3, 0, 2, 1)
    weights = torch.einsum("pt,tio->pio", torch.tensor(sample_cnn.POINTS, dtype=torch.float64), taps).unbind()
    found = sample_cnn._pooled(phases, weights, bias)
    torch.testing.assert_close(found, expected.transpose(1, 2), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("level", [1e-4, 1.0, 100.0])
def test_embeddings_differ_from_the_published_network_by_rounding_alone(network, matrices, level):
    windows = level * noise(6, WINDOW)
    windows[1, 44_100:] = 0
    windows[2, 10_000:] = 0
    windows[3, 1:] = 0
    windows[4] = 0
    # Neighbouring steps of very different size.
    windows[5, ::7] *= 1000
    expected = copy.deepcopy(network).double()(windows.double())
    found = matrices(windows)
    scale = expected.abs().amax(dim=1, keepdim=True)
    assert scale.min() > 0.1
    assert ((found - expected).abs() / scale).max() < 1e-5


def test_every_length_of_a_clip_gives_what_the_whole_window_gives(network, matrices):
    # Around every border of a step of each layer, where another number of steps is computed.
    lengths = sorted({min(WINDOW, power + more) for k in range(3, 11) for power in (3**k,) for more in (-2, 0, 1, 4)})
    windows = noise(len(lengths), WINDOW) * (torch.arange(WINDOW) < torch.tensor(lengths)[:, None])
    expected = network(windows)
    found = matrices(windows)
    assert ((found - expected).abs() / expected.abs().amax(dim=1, keepdim=True)).max() < 1e-5


def test_a_window_has_the_same_bits_in_every_place_of_a_batch(matrices):
    window = noise(WINDOW)
    window[44_100:] = 0
    batch = noise(16, WINDOW)
    batch[:, 3_000:] = 0
    found = []
    for place in range(16):
        beside = batch.clone()
        beside[place] = window
        found.append(matrices(beside)[place])
    assert all(torch.equal(row, found[0]) for row in found)
