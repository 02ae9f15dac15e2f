"""SampleCNN, a convolutional network on the waveform, as published for CLMR; and the same arranged for a processor.

Source: Lee, Park, Kim, Nam, "Sample-level Deep Convolutional Neural Networks for Music Auto-tagging Using Raw
Waveforms", SMC 2017; sizes and names are those of github.com/Spijkervet/CLMR. The products that a processor is spared
follow Winograd, "Arithmetic Complexity of Computations", 1980.
"""

import itertools
from collections.abc import Iterator

import torch
from torch import nn

WINDOW = 3**10
CHANNELS = (128, 128, 128, 256, 256, 256, 256, 256, 256, 512)
DIMENSION = 512
# Outputs of a layer that are computed at once, a multiple of three: few enough for the caches of a processor.
BLOCK = 324
# Layers with a max-pooling that take windows one by one: what follows has more weights than numbers for a window.
LARGE = 5
# Three taps seen from 0, 1, -1, 2 and infinity: what `_pooled` multiplies with.
POINTS = ((1 / 2, 0, 0), (-1 / 2, -1 / 2, -1 / 2), (-1 / 6, 1 / 6, -1 / 6), (1 / 6, 1 / 3, 2 / 3), (0, 0, 1))


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
    """The same network as products of matrices, for a processor: equal up to the rounding of float32, and faster.

    Time lies in three phases `(3, windows, steps / 3 + 2, channels)`, each of every third step between two rows of
    zeros: so every step that a max-pooling hears is a row of its own, as it is for the max-poolings beside it. Batch
    normalisation is part of the weights.

    Where only zeros follow, a layer's outputs are those for a window of zeros. They are computed once, so that what
    fills up a short clip costs nothing.
    """

    def __init__(self, network: SampleCNN) -> None:
        first, *pooled, last = (_folded(layer[0], layer[1]) for layer in network.sequential)
        # The bias is the weight of a constant one beside the samples.
        self.first = torch.cat([first[0].squeeze(1), first[1][None]]).float().expand(3, -1, -1)
        points = torch.tensor(POINTS, dtype=torch.float64)
        self.pooled = [
            (torch.einsum("pt,tio->pio", points, weight).float().contiguous().unbind(), bias.float())
            for weight, bias in pooled
        ]
        # A single step is left, so the outer taps meet zeros.
        self.last = last[0][1].float().contiguous(), last[1].float()
        self.of_zeros = _outputs_of_large(1)
        of_zeros = _outputs_of_large(1)
        self._large(torch.zeros(WINDOW), WINDOW, of_zeros)
        self.of_zeros = of_zeros

    def __call__(self, batch: torch.Tensor) -> torch.Tensor:
        outputs = _outputs_of_large(len(batch))
        for number, window in enumerate(batch):
            self._large(window, _length(window), [*outputs[:-1], outputs[-1][:, number : number + 1]])
        x = outputs[-1]
        *small, smallest = self.pooled[LARGE:]
        for layer in small:
            y = _pooled(x, *layer)
            x = _phases(len(batch), *y.shape[1:])
            _write(y, x[:, :, 1:-1])
        weight, bias = self.last
        return torch.mm(_pooled(x, *smallest).relu_().squeeze(1), weight).add_(bias).relu_()

    def _large(self, window: torch.Tensor, length: int, outputs: list[torch.Tensor]) -> None:
        """What the large layers return for one window, of which only the first `length` samples are not zero."""
        samples = torch.zeros(3, WINDOW // 9 + 2, 4)
        samples[:, 1:-1, :3] = window.view(-1, 3, 3).transpose(0, 1)
        samples[:, 1:-1, 3] = 1
        heard = _heard(-(-length // 3), outputs[0])
        for rows, out in _blocks(heard):
            # Block by block, for the sake of the caches, as they are the largest.
            x = torch.bmm(samples[:, rows], self.first).relu_()[:, None]
            _write(_pooled(x, *self.pooled[0]), outputs[0][:, :, out])
        for x, of_zeros, layer, into in zip(outputs, self.of_zeros, self.pooled[1:], outputs[1:], strict=False):
            below, heard = heard, _heard(heard, into)
            silent = slice(below // 3 + 1, heard + 2)
            x[:, :, silent] = of_zeros[:, :, silent]
            for rows, out in _blocks(heard):
                _write(_pooled(x[:, :, rows], *layer), into[:, :, out])
        silent = slice(heard // 3 + 1, None)
        outputs[-1][:, :, silent] = self.of_zeros[-1][:, :, silent]


def _folded(convolution: nn.Conv1d, norm: nn.BatchNorm1d) -> tuple[torch.Tensor, torch.Tensor]:
    """Convolution and batch normalisation as taps `(3, inputs, outputs)` and a bias, in float64."""
    scale = norm.weight.double() / torch.sqrt(norm.running_var.double() + norm.eps)
    weight = convolution.weight.double() * scale[:, None, None]
    bias = norm.bias + (convolution.bias - norm.running_mean) * scale
    return weight.permute(2, 1, 0).detach(), bias.detach()


def _phases(windows: int, steps: int, channels: int) -> torch.Tensor:
    return torch.zeros(3, windows, steps // 3 + 2, channels)


def _outputs_of_large(windows: int) -> list[torch.Tensor]:
    """Phases for what each large layer returns: for one window, and those of the last layer for all."""
    return [
        _phases(windows if layer == LARGE else 1, 3 ** (9 - layer), CHANNELS[layer]) for layer in range(1, LARGE + 1)
    ]


def _heard(inputs: int, out: torch.Tensor) -> int:
    """How many of the steps that go into the phases `out` hear the first `inputs` steps below; a multiple of three."""
    steps = 3 * (out.shape[2] - 2)
    return min(3 * -(-(inputs // 3 + 1) // 3), steps)


def _blocks(outputs: int) -> Iterator[tuple[slice, slice]]:
    """The first `outputs` of a layer in blocks: the rows of phases that each hears, and those that it goes into."""
    for start in range(0, outputs, BLOCK):
        end = min(start + BLOCK, outputs)
        yield slice(start, end + 2), slice(start // 3 + 1, end // 3 + 1)


def _pooled(x: torch.Tensor, weights: tuple[torch.Tensor, ...], bias: torch.Tensor) -> torch.Tensor:
    """Convolution and max-pooling by three of phases `(3, windows, n + 2, inputs)`: `(windows, n, outputs)`.

    Of five steps d and the taps g, seen from a point as p, come the three outputs that a max-pooling compares:

        p0 = 2 (d0 - d2) + d3 - d1        y0 = p0 g0 + p1 g1 + p2 g2 +   p3 g3
        p1 = d3 - d1 - (d1 + d2)          y1 =         p1 g1 - p2 g2 + 2 p3 g3
        p2 = d3 - d1 + 3 (d1 - d2)        y2 =         p1 g1 + p2 g2 + 4 p3 g3 + p4 g4
        p3 = d3 - d1
        p4 = d4 - d2 - 2 (d3 - d1)
    """
    d0, d1, d2, d3, d4 = x[2, :, :-2], x[0, :, 1:-1], x[1, :, 1:-1], x[2, :, 1:-1], x[0, :, 2:]
    g0, g1, g2, g3, g4 = weights
    p3 = d3 - d1
    # One buffer for the other points: they are multiplied while they lie in the cache.
    p = d1 + d2
    y1 = _rows(torch.sub(p3, p, out=p)) @ g1
    torch.sub(d1, d2, out=p)
    y0 = _rows(torch.add(p3, p, alpha=3, out=p)) @ g2
    y2 = y1 + y0
    y1 -= y0
    torch.mm(_rows(p3), g3, out=y0)
    y1.add_(y0, alpha=2)
    y2.add_(y0, alpha=4)
    torch.sub(y2, y0, alpha=3, out=y0)
    torch.sub(d0, d2, out=p)
    y0.addmm_(_rows(torch.add(p3, p, alpha=2, out=p)), g0)
    torch.sub(d4, d2, out=p)
    y2.addmm_(_rows(p.sub_(p3, alpha=2)), g4)
    torch.maximum(y0, y1, out=y1)
    torch.maximum(y1, y2, out=y1)
    return y1.add_(bias).view(*d0.shape[:2], -1)


def _rows(x: torch.Tensor) -> torch.Tensor:
    return x.view(-1, x.shape[-1])


def _write(y: torch.Tensor, out: torch.Tensor) -> None:
    """ReLU of `(windows, n, channels)`, into phases `(3, windows, n / 3, channels)`."""
    torch.clamp_min(y.unflatten(1, (-1, 3)).permute(2, 0, 1, 3), 0, out=out)


def _length(window: torch.Tensor) -> int:
    """The samples of a window without the zeros at its end."""
    sounding = window.numpy()[::-1] != 0
    return len(sounding) - int(sounding.argmax()) if sounding.any() else 0
