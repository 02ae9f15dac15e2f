"""NeuralFP, an audio fingerprint: a vector of 128 for each second, that noise and echoes should not change.

Source: Chang et al., "Neural Audio Fingerprint for High-specific Audio Retrieval based on Contrastive Learning", ICASSP
2021, and github.com/mimbres/neural-audio-fp (MIT), whose checkpoints are read as they are. Segments of 1 s at 8 kHz are
centred on the multiples of the hop (0.5 s), with zeros beyond both ends of the clip: with that hop, 4000 zeros in front
and 1 to 4000 behind. The front end takes a segment's own maximum as reference, as if each went alone through the
published one, whose reference is the loudest of its batch.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from soundcheck.embedding.families import Embedder
from soundcheck.embedding.families.support import tensor_bundle, windows
from soundcheck.embedding.families.support.checkpoints import differences
from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.plumbing.files import file_sha256

SAMPLE_RATE = 8000
SEGMENT = 8000
HOP_S = 0.5
DIMENSION = 128

N_FFT, HOP = 1024, 256
BANDS, FRAMES = 256, 32

CHANNELS = (128, 128, 256, 256, 512, 512, 1024, 1024)
# Of a layer's first convolution, along time; its second one halves the bands.
STRIDES = (2, 2, 2, 2, 1, 2, 1, 2)
SLICE, HIDDEN = CHANNELS[-1] // DIMENSION, 32
# Layers whose numbers for one segment fill a processor's caches: they take segments one by one.
LARGE = 6
# Rows of a matrix product: few enough for the caches of a processor.
ROWS = 512

NO_WEIGHTS = (
    "has no weights, and none are published at an address that lasts. Train the network with its authors' code "
    "(https://github.com/mimbres/neural-audio-fp: `python run.py train NAME` writes logs/checkpoint/NAME/ckpt-N.index "
    "and ckpt-N.data-00000-of-00001), or ask them for a checkpoint; then set `weights` of this embedder in the config "
    "to that folder, or to <folder>/ckpt-N"
)


def load(entry: dict, device: str) -> Embedder:
    """The embedder of an entry with `weights`, a checkpoint's prefix or its folder, and optionally `hop_s`.

    Raises:
        SoundcheckError: the weights are not given, absent, damaged, or not those of this network.
    """
    prefix = _prefix(entry.get("weights"), f"embedder {entry['name']}")
    network = Network(_published(prefix, f"embedder {entry['name']}"), device)
    hop_s = entry.get("hop_s") or HOP_S
    digests = [f"sha256:{file_sha256(path)}" for path in tensor_bundle.data_files(prefix)]
    return Embedder(
        sample_rate=SAMPLE_RATE,
        dimension=DIMENSION,
        cut=functools.partial(cut, hop=max(1, round(hop_s * SAMPLE_RATE)), filters=mel_filters()),
        forward=network,
        batch_size=32,
        first_s=0.0,  # segments are centred on the multiples of the hop
        window_hop_s=hop_s,
        facts={"weights": ", ".join(digests), "checkpoint": prefix.name},
    )


# --- the front end --------------------------------------------------------------------------------------------------


def mel_filters() -> np.ndarray:
    """The `(256, 513)` triangles from 300 to 4000 Hz, on Slaney's scale and of equal area."""
    import librosa

    return librosa.filters.mel(sr=SAMPLE_RATE, n_fft=N_FFT, n_mels=BANDS, fmin=300, fmax=4000, htk=False, norm="slaney")


def cut(samples: np.ndarray, hop: int, filters: np.ndarray) -> np.ndarray:
    """The log-mel spectrograms `(n, 256, 32)` of the segments centred on multiples of `hop`: n = 1 + samples // hop."""
    return np.stack([log_mel(segment, filters) for segment in windows.centred(samples, SEGMENT, hop)])


def log_mel(segment: np.ndarray, filters: np.ndarray) -> np.ndarray:
    """The decades by which `(8000,)` samples stay below their loudest mel band: `(256, 32)`, at most 0."""
    padded = np.pad(segment.astype(np.float32), N_FFT // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, N_FFT)[::HOP]
    magnitude = np.abs(np.fft.rfft(frames * _hann()))
    level = np.log10(filters @ magnitude.T + np.float32(0.06))
    return np.maximum(level - level.max(), np.float32(-80))


@functools.cache
def _hann() -> np.ndarray:
    """A periodic window, as TensorFlow's."""
    return np.hanning(N_FFT + 1)[:-1].astype(np.float32)


# --- the network ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Convolution:
    """Three taps along time or bands, ELU, and the normalisation of a whole segment, as products of matrices."""

    along_time: bool
    weight: torch.Tensor
    bias: torch.Tensor
    gamma: torch.Tensor
    beta: torch.Tensor

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Segments `(batch, bands, frames, channels)` to the same with fewer bands or frames."""
        lines = _lines(x if self.along_time else x.transpose(1, 2), len(self.weight))
        out = x.new_empty(len(lines), self.weight.shape[1])
        for rows, of_out in zip(lines.split(ROWS), out.split(ROWS), strict=True):
            torch.mm(rows, self.weight, out=of_out)
            _bias_and_elu(of_out, self.bias)
        bands, frames, channels = self.gamma.shape
        shape = (bands, frames) if self.along_time else (frames, bands)
        out = out.view(len(x), *shape, channels)
        out = (out if self.along_time else out.transpose(1, 2)).contiguous()
        return torch.nn.functional.layer_norm(out, self.gamma.shape, self.gamma, self.beta, eps=1e-3)


def _lines(x: torch.Tensor, size: int) -> torch.Tensor:
    """What each product needs of `(batch, n, length, channels)`, as rows of `size` numbers.

    Lines of one or two steps are whole rows. Of longer ones every second step has a row, of itself and the next two,
    where TensorFlow's padding puts zeros behind the end alone.
    """
    batch, n, length, channels = x.shape
    if length <= 2:
        return x.reshape(-1, size)
    taps = x.new_empty(batch, n, length // 2, 3, channels)
    taps[..., :2, :] = x.unflatten(2, (length // 2, 2))
    taps[:, :, :-1, 2] = x[:, :, 2::2]
    taps[:, :, -1, 2] = 0
    return taps.view(-1, size)


def _bias_and_elu(x: torch.Tensor, bias: torch.Tensor) -> None:
    """Add a bias; then ELU, by way of exp(x) - 1, which is several times as fast as `expm1` and within 1e-7 of it."""
    x.add_(bias)
    torch.maximum(x, x.clamp_max(0).exp_().sub_(1), out=x)


class Network:
    """The published network: log-mel spectrograms `(batch, 256, 32)` to frames `(batch, 1, 128)` of length one."""

    def __init__(self, published: dict[str, np.ndarray], device: str) -> None:
        self.device = device

        def tensor(name: str) -> torch.Tensor:
            return torch.from_numpy(np.array(published[name], np.float32)).to(device)

        def stacked(name: str) -> torch.Tensor:
            return torch.stack([tensor(_dense(number, name)) for number in range(DIMENSION)])

        def convolution(place: str, along_time: bool, length: int, stride: int) -> Convolution:
            weight = _matrix(tensor(f"{place}/kernel").squeeze((0, 1)), length, stride)
            bias = tensor(f"{place}/bias")
            norm = place.replace("conv2d", "BN")
            bias = bias.repeat(weight.shape[1] // len(bias))
            return Convolution(along_time, weight, bias, tensor(f"{norm}/gamma"), tensor(f"{norm}/beta"))

        self.convolutions = [convolution(*place) for place in _places()]
        self.hidden = stacked("0/kernel"), stacked("0/bias")[:, None]
        self.output = stacked("1/kernel"), stacked("1/bias")[:, None]

    @torch.inference_mode()
    def __call__(self, batch: np.ndarray) -> np.ndarray:
        x = torch.from_numpy(batch)[..., None].to(self.device)
        parts = x.split(1 if self.device == "cpu" else len(x))
        x = torch.cat([_through(self.convolutions[:LARGE], part) for part in parts])
        x = _through(self.convolutions[LARGE:], x)
        slices = x.view(len(x), DIMENSION, SLICE).transpose(0, 1)
        (hidden, bias), (output, output_bias) = self.hidden, self.output
        x = torch.nn.functional.elu(slices @ hidden + bias) @ output + output_bias
        x = x.squeeze(-1).T
        norm = x.square().sum(dim=1, keepdim=True).clamp_min(1e-12).sqrt()
        return (x / norm).cpu().numpy()[:, None]


def _through(convolutions: list[Convolution], x: torch.Tensor) -> torch.Tensor:
    for convolution in convolutions:
        x = convolution(x)
    return x


def _matrix(taps: torch.Tensor, length: int, stride: int) -> torch.Tensor:
    """Three taps `(3, inputs, outputs)` as the matrix that takes the rows of `_lines`."""
    if length > 2:
        return taps.flatten(0, 1).contiguous()
    steps = -(-length // stride)
    before = 0 if (length, stride) == (2, 2) else 1
    matrix = taps.new_zeros(length, taps.shape[1], steps, taps.shape[2])
    for step in range(steps):
        for tap in range(3):
            heard = step * stride + tap - before
            if 0 <= heard < length:
                matrix[heard, :, step] = taps[tap]
    return matrix.flatten(2).flatten(0, 1)


# --- the published checkpoint ---------------------------------------------------------------------------------------


def _places() -> Iterator[tuple[str, bool, int, int]]:
    """The convolutions in order: name, whether along time, the steps along that axis, the distance between outputs."""
    bands, frames = BANDS, FRAMES
    for layer, stride in enumerate(STRIDES):
        place = f"model/front_conv/layer_with_weights-{layer}"
        yield f"{place}/conv2d_1x3", True, frames, stride
        frames = -(-frames // stride)
        yield f"{place}/conv2d_3x1", False, bands, 2
        bands //= 2


def _dense(number: int, name: str) -> str:
    return f"model/div_enc/split_fc_layers/{number}/layer_with_weights-{name}"


def _expected_shapes() -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {}
    bands, frames, inputs = BANDS, FRAMES, 1
    for number, (place, along_time, length, stride) in enumerate(_places()):
        channels, left = CHANNELS[number // 2], -(-length // stride)
        bands, frames = (bands, left) if along_time else (left, frames)
        norm = place.replace("conv2d", "BN")
        shapes[f"{place}/kernel"] = (*((1, 3) if along_time else (3, 1)), inputs, channels)
        shapes[f"{place}/bias"] = (channels,)
        shapes[f"{norm}/gamma"] = shapes[f"{norm}/beta"] = (bands, frames, channels)
        inputs = channels
    of_dense = {"0/kernel": (SLICE, HIDDEN), "0/bias": (HIDDEN,), "1/kernel": (HIDDEN, 1), "1/bias": (1,)}
    return shapes | {_dense(number, name): shape for number in range(DIMENSION) for name, shape in of_dense.items()}


def _prefix(weights: str | None, owner: str) -> Path:
    """The checkpoint that `weights` means: a prefix, one of its files, or the only one in a folder."""
    if not weights:
        raise SoundcheckError(f"{owner} {NO_WEIGHTS}")
    path = Path(weights)
    if path.is_dir():
        found = sorted(path.glob("*.index"))
        if len(found) != 1:
            names = ", ".join(file.stem for file in found) or "none"
            raise SoundcheckError(
                f"{owner}: the folder {path} should hold one checkpoint (ckpt-N.index and its data), and holds "
                f"{names}; set `weights` to the one that you mean, such as {path / 'ckpt-100'}"
            )
        return found[0].with_suffix("")
    prefix = path.with_suffix("") if path.suffix == ".index" or path.suffix.startswith(".data-") else path
    if not tensor_bundle.index_file(prefix).is_file() or not tensor_bundle.data_files(prefix):
        raise SoundcheckError(
            f"{owner}: there is no checkpoint {prefix}; expected {prefix.name}.index and "
            f"{prefix.name}.data-00000-of-00001 in {prefix.parent}"
        )
    return prefix


def _published(prefix: Path, owner: str) -> dict[str, np.ndarray]:
    """The variables of the network in a checkpoint; an optimiser's are beside them, and are not read."""
    try:
        variables = tensor_bundle.read(prefix)
    except (OSError, ValueError) as error:
        raise SoundcheckError(
            f"{owner}: the checkpoint {prefix} cannot be read: {error}; copy its files again"
        ) from error
    ours = {
        name: values
        for name, values in variables.items()
        if name.startswith("model/") and "/.OPTIMIZER_SLOT/" not in name
    }
    wrong = differences(_expected_shapes(), {name: values.shape for name, values in ours.items()})
    if wrong:
        raise SoundcheckError(
            f"{owner}: the checkpoint {prefix} does not fit the published network (segments of 1 s, "
            f"layer_norm2d): {wrong}"
        )
    return ours
