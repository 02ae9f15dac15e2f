"""CLMR: a SampleCNN on the waveform, trained by contrast between two parts of a song.

Source: Spijkervet, Burgoyne, "Contrastive Learning of Musical Representations", ISMIR 2021; the network and its weights
are those of github.com/Spijkervet/CLMR (Apache-2.0). The embedding is what enters the last, fully connected layer:
512 values for a window of 3^10 = 59,049 samples at 22,050 Hz (2.68 s). As in the published evaluation windows lie end
to end, the last one is filled up with zeros, and counts as much as the others.
"""

import functools
import io
import itertools
import zipfile
from pathlib import Path

import numpy as np
import torch
from torch import nn

from soundcheck.checkpoints import differences
from soundcheck.embedders import Embedder
from soundcheck.errors import SoundcheckError, described
from soundcheck.files import file_sha256

SAMPLE_RATE = 22_050
WINDOW = 3**10
CHANNELS = (128, 128, 128, 256, 256, 256, 256, 256, 256, 512)
DIMENSION = 512
# Rows of a matrix product: few enough for the caches of a processor.
ROWS = 729


class SampleCNN(nn.Module):
    """The network below its last layer, with the published names: `(batch, 59049)` to `(batch, 512)`."""

    def __init__(self) -> None:
        super().__init__()
        first = nn.Sequential(nn.Conv1d(1, CHANNELS[0], 3, stride=3), nn.BatchNorm1d(CHANNELS[0]), nn.ReLU())
        pooled = [
            nn.Sequential(_convolution(*pair), nn.BatchNorm1d(pair[1]), nn.ReLU(), nn.MaxPool1d(3))
            for pair in itertools.pairwise(CHANNELS)
        ]
        last = nn.Sequential(_convolution(CHANNELS[-1], DIMENSION), nn.BatchNorm1d(DIMENSION), nn.ReLU())
        self.sequential = nn.Sequential(first, *pooled, last)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.sequential(x[:, None]).flatten(1)


def _convolution(inputs: int, outputs: int) -> nn.Conv1d:
    return nn.Conv1d(inputs, outputs, 3, padding=1)


class MatrixSampleCNN:
    """The same network as matrix products, for a processor: equal up to the rounding of float32, and faster.

    Time runs along the rows, `(steps, channels)`, so that three steps are one row of `3 * channels` numbers where they
    lie. The outputs that a max-pooling compares are those of three products, whose rows start one step apart: the
    larger one is kept while it is in the cache, and nothing is unfolded. Batch normalisation is part of the weights.

    Where only zeros follow, a layer's outputs are those for a window of zeros. They are computed once, so that what
    fills up a short clip costs nothing.
    """

    def __init__(self, network: SampleCNN) -> None:
        self.layers = [_folded(layer[0], layer[1]) for layer in network.sequential]
        self.of_zeros = [outputs[1:] for outputs in self._new_outputs()]
        of_zeros = self._new_outputs()
        self._run(torch.zeros(WINDOW), WINDOW, of_zeros)
        self.of_zeros = [outputs[1:] for outputs in of_zeros]

    def __call__(self, batch: torch.Tensor) -> torch.Tensor:
        # One window after the other, for the sake of the caches: a larger product would be no faster.
        outputs = self._new_outputs()
        return torch.cat([self._run(window, _length(window), outputs) for window in batch])

    def _new_outputs(self) -> list[torch.Tensor]:
        """What each layer but the last returns, `(steps, channels)`, between two steps of zeros."""
        return [torch.zeros(3 ** (9 - number) + 2, channels) for number, channels in enumerate(CHANNELS)]

    def _run(self, window: torch.Tensor, length: int, outputs: list[torch.Tensor]) -> torch.Tensor:
        weight, bias = self.layers[0]
        # Only the steps that hear the first `length` samples are computed.
        heard = -(-length // 3)
        by_step = window[: 3 * heard].view(-1, 3), outputs[0][1 : heard + 1]
        for rows, out in zip(*(of.split(ROWS) for of in by_step), strict=True):
            torch.mm(rows, weight, out=out).add_(bias).relu_()
        for x, of_zeros, out, (weight, bias) in zip(
            outputs, self.of_zeros, outputs[1:], self.layers[1:-1], strict=False
        ):
            # One step more hears them than below, before three become one.
            heard, below = min(heard // 3 + 1, len(out) - 2), heard
            x[below + 1 : 3 * heard + 2] = of_zeros[below : 3 * heard + 1]
            _pool(x[: 3 * heard + 2], weight, bias, out[1 : heard + 1])
        weight, bias = self.layers[-1]
        # A single step is left, so the outer thirds of the kernel meet zeros.
        return torch.mm(outputs[-1][1:2], weight[DIMENSION : 2 * DIMENSION]).add_(bias).relu_()


def _folded(convolution: nn.Conv1d, norm: nn.BatchNorm1d) -> tuple[torch.Tensor, torch.Tensor]:
    """Convolution and batch normalisation as one matrix `(3 * inputs, outputs)` and a bias."""
    scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    weight = convolution.weight * scale[:, None, None]
    bias = norm.bias + (convolution.bias - norm.running_mean) * scale
    return weight.permute(2, 1, 0).flatten(0, 1).detach().contiguous(), bias.detach()


def _pool(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor, out: torch.Tensor) -> None:
    """Convolution, max-pooling by three and ReLU of `(3 n + 2, inputs)`, padded, into `(n, outputs)`."""
    size = 3 * x.shape[1]
    starting = [x.view(-1)[step * x.shape[1] :][: size * len(out)].view(-1, size) for step in range(3)]
    for first, second, third, larger in zip(*(rows.split(ROWS) for rows in (*starting, out)), strict=True):
        torch.mm(first, weight, out=larger)
        torch.maximum(larger, second @ weight, out=larger)
        torch.maximum(larger, third @ weight, out=larger)
        larger.add_(bias).relu_()


def _length(window: torch.Tensor) -> int:
    """The samples of a window without the zeros at its end."""
    sounding = window.nonzero()
    return int(sounding[-1]) + 1 if len(sounding) else 0


def load(entry: dict, device: str) -> Embedder:
    """The embedder of an entry with `weights`, the published archive or a checkpoint in it, and optionally `hop_s`.

    Raises:
        SoundcheckError: the weights are absent, damaged, or not those of this network.
    """
    path = Path(entry["weights"])
    owner = f"embedder {entry['name']}: {path}"
    network = SampleCNN()
    network.load_state_dict(_encoder(_checkpoint(path, owner), network, owner))
    hop = max(1, round(entry["hop_s"] * SAMPLE_RATE)) if entry.get("hop_s") else WINDOW
    return Embedder(
        sample_rate=SAMPLE_RATE,
        dimension=DIMENSION,
        cut=functools.partial(cut, hop=hop),
        forward=_on_gpu(network.eval().to(device)) if device != "cpu" else _on_cpu(network.eval()),
        batch_size=16,
        first_s=WINDOW / 2 / SAMPLE_RATE,
        window_hop_s=hop / SAMPLE_RATE,
        facts={"weights": f"sha256:{file_sha256(path)}", "last_window": "filled up with zeros, of equal weight"},
    )


def cut(samples: np.ndarray, hop: int) -> np.ndarray:
    """Windows `(n, 59049)` that start every `hop` samples until the clip's end is in one, filled up with zeros."""
    count = 1 + max(0, -(-(len(samples) - WINDOW) // hop))
    padded = np.pad(samples, (0, max(0, (count - 1) * hop + WINDOW - len(samples))))
    return np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[::hop][:count]


def _on_cpu(network: SampleCNN):
    matrices = MatrixSampleCNN(network)

    @torch.inference_mode()
    def forward(batch: np.ndarray) -> np.ndarray:
        return matrices(torch.from_numpy(batch)).numpy()[:, None]

    return forward


def _on_gpu(network: SampleCNN):
    @torch.inference_mode()
    def forward(batch: np.ndarray) -> np.ndarray:
        # In full precision, as on a processor.
        with torch.backends.cudnn.flags(enabled=True, deterministic=True, allow_tf32=False):
            return network(torch.from_numpy(batch).to(next(network.parameters()).device)).cpu().numpy()[:, None]

    return forward


def _checkpoint(path: Path, owner: str) -> object:
    """What a checkpoint holds: a file of PyTorch, or the one in the published archive."""
    if not path.is_file():
        raise SoundcheckError(f"{owner} does not exist; download the weights, or set `weights` to where they are")
    stored = _published_member(path, owner)
    try:
        return torch.load(stored, map_location="cpu", weights_only=True)
    except Exception as error:  # PyTorch has no type of its own for a file that it cannot read
        raise SoundcheckError(
            f"{owner} is not a checkpoint of PyTorch that holds tensors alone, or is damaged ({_short(error)}); "
            "download it again, or, if it is a training's own, keep its weights only: "
            "torch.save(torch.load(path, weights_only=False)['state_dict'], new_path)"
        ) from error


def _published_member(path: Path, owner: str) -> Path | io.BytesIO:
    # PyTorch's own files are archives too, but without checkpoints in them.
    if not zipfile.is_zipfile(path):
        return path
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if Path(name).suffix in (".pt", ".pth", ".ckpt")]
            models = [name for name in names if "_optim" not in name and not Path(name).name.startswith("._")]
            if not names:
                return path
            if len(models) != 1:
                raise SoundcheckError(
                    f"{owner} holds the checkpoints {', '.join(names)}; expected one, and its optimiser's, as in "
                    "clmr_checkpoint_10000.zip; unpack the one that you mean, and set `weights` to it"
                )
            return io.BytesIO(archive.read(models[0]))
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise SoundcheckError(f"{owner} is damaged ({_short(error)}); remove it and download it again") from error


def _encoder(checkpoint: object, network: SampleCNN, owner: str) -> dict[str, torch.Tensor]:
    """The tensors of the network in a checkpoint, without the prefix, the projector and the last layer."""
    stored = checkpoint.get("state_dict", checkpoint) if isinstance(checkpoint, dict) else {}
    named = stored.items() if isinstance(stored, dict) else ()
    state = {key: value for key, value in named if isinstance(key, str) and isinstance(value, torch.Tensor)}
    # `encoder.` in the published ones, `model.encoder.` in those of PyTorch Lightning.
    mark = "sequential."
    prefixes = {key[: key.index(mark)] for key in state if mark in key}
    if len(prefixes) != 1:
        found = ", ".join(list(state)[:3]) or "none"
        raise SoundcheckError(
            f"{owner} is no checkpoint of CLMR: expected tensors such as encoder.sequential.0.0.weight, found {found}"
        )
    (prefix,) = prefixes
    encoder = {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix + mark)}
    wrong = differences(*({key: value.shape for key, value in of.items()} for of in (network.state_dict(), encoder)))
    if wrong:
        raise SoundcheckError(f"{owner} does not fit the published SampleCNN: {wrong}")
    return encoder


def _short(error: Exception) -> str:
    return described(error).split(". ")[0][:200]
