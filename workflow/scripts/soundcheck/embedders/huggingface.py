"""MERT, and any other encoder of the waveform from the Hugging Face hub, with all its layers.

Source: the model card of m-a-p/MERT-v1-95M (24 kHz, every hidden state, mean over time) and the configuration files of
each model; see `huggingface_folder` for what can be loaded. A clip goes through the model in one forward pass, as in
the published evaluations, and one pass gives every layer: first what enters the first block, last the model's output.

Windows are never padded, since padding changes what a model with group normalisation returns (all of MERT-v1-95M's
values, not those of the padded part alone). The one exception is a clip that is shorter than the model's receptive
field, 400 samples for MERT, for which there is no output without: zeros are put behind it, after normalisation.
"""

import contextlib
import functools
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from soundcheck import windows
from soundcheck.embedders import Embedder, huggingface_folder
from soundcheck.errors import SoundcheckError, nearest

PRECISIONS = ("float32", "bfloat16")


@dataclass(frozen=True)
class Convolutions:
    """The stack of convolutions below the transformer: samples that a frame sees, samples between two frames."""

    receptive_field: int
    stride: int

    @classmethod
    def of(cls, kernels: list[int], strides: list[int]) -> "Convolutions":
        """The stack with these kernels and strides, from the waveform upwards."""
        field, stride = 1, 1
        for kernel, step in zip(kernels, strides, strict=True):
            field += (kernel - 1) * stride
            stride *= step
        return cls(field, stride)


class HiddenStates:
    """A model that returns what enters its first block, what leaves each block but the last, and its output.

    Taken at the blocks themselves: what transformers calls `hidden_states` is not there for models with code of their
    own, and ends before or after the last normalisation, depending on the version. Several threads may call it at once.
    """

    def __init__(self, model: torch.nn.Module) -> None:
        self.model = model
        self.found = threading.local()
        blocks = model.encoder.layers
        blocks[0].register_forward_pre_hook(self._keep_input, with_kwargs=True)
        for block in blocks[:-1]:
            block.register_forward_hook(self._keep_output)

    def _keep_input(self, block: torch.nn.Module, arguments: tuple, named: dict) -> None:
        self.found.states = [arguments[0] if arguments else named["hidden_states"]]

    def _keep_output(self, block: torch.nn.Module, arguments: tuple, output: object) -> None:
        self.found.states.append(output[0] if isinstance(output, tuple) else output)

    def __call__(self, waveforms: torch.Tensor) -> list[torch.Tensor]:
        """The states, each `(batch, frames, dim)`, of waveforms `(batch, samples)`."""
        output = self.model(waveforms)[0]
        states, self.found.states = [*self.found.states, output], []
        return states


def load(entry: dict, device: str) -> Embedder:
    """The embedder of an entry: `weights` (a folder), and these options, all with a default.

    - `hop_s`: 0 (default) for every frame of the model, 1/75 s apart in MERT; else the frames are averaged over
      consecutive stretches of that duration, of which the last in a window may be shorter.
    - `longest_s`: 30 by default; longer clips go in consecutive pieces of nearly equal length.
    - `window_s`: 0 (default) for whole clips, one at a time. Else windows of exactly that duration, `batch_size` (8) of
      them at once, across tracks: they lie end to end, the last one is moved back to end with the clip, and a shorter
      clip is repeated until it fills one.
    - `precision`: `float32` (default) or `bfloat16`, which holds on a GPU alone.
    - `trust_remote_code`: false by default; MERT does not need it.
    - `sample_rate`: checked against the model's own, where it is given.

    Raises:
        SoundcheckError: the folder cannot be used, or an option does not fit the model.
    """
    owner = f"embedder {entry['name']}"
    encoder = huggingface_folder.load(Path(entry["weights"]), owner, bool(entry.get("trust_remote_code", False)))
    rate, config = encoder.preprocessor["sampling_rate"], encoder.model.config
    convolutions = Convolutions.of(config.conv_kernel, config.conv_stride)
    window, hop = (_samples(entry, option, rate) for option in ("window_s", "hop_s"))
    _check_options(entry, rate, window, hop, convolutions, owner)
    is_half = device != "cpu" and entry.get("precision") == "bfloat16"
    do_normalize = bool(encoder.preprocessor.get("do_normalize", True))
    step = hop or convolutions.stride
    n_layers = len(encoder.model.encoder.layers) + 1
    return Embedder(
        sample_rate=rate,
        dimension=n_layers * config.hidden_size,
        cut=functools.partial(
            _cut,
            window=window,
            longest=int(entry.get("longest_s", 30.0) * rate),
            shortest=convolutions.receptive_field,
            do_normalize=do_normalize,
        ),
        forward=_forward(HiddenStates(encoder.model.to(device)), device, is_half, convolutions.stride, hop),
        batch_size=int(entry.get("batch_size", 8)) if window else 1,
        n_layers=n_layers,
        first_s=(convolutions.receptive_field + step - convolutions.stride) / 2 / rate,
        # The last window of several is moved back to end with its clip, so that its place tells no time.
        hop_s=None if window else step / rate,
        window_hop_s=window / rate if window else None,
        facts=encoder.facts | {"precision": PRECISIONS[is_half], "normalised_input": do_normalize},
    )


def _samples(entry: dict, option: str, rate: int) -> int:
    return round(entry.get(option, 0) * rate)


def _check_options(entry: dict, rate: int, window: int, hop: int, convolutions: Convolutions, owner: str) -> None:
    declared = entry.get("sample_rate", rate)
    if declared != rate:
        raise SoundcheckError(
            f"{owner}: sample_rate is {declared} Hz, but {huggingface_folder.PREPROCESSOR} in {entry['weights']} says "
            f"{rate} Hz, at which the model was trained; leave the option out or correct it"
        )
    precision = entry.get("precision", "float32")
    if precision not in PRECISIONS:
        raise SoundcheckError(f"{owner}: unknown precision {precision!r}{nearest(precision, PRECISIONS)}")
    field, stride = convolutions.receptive_field, convolutions.stride
    for option, samples, least in (("window_s", window, field), ("hop_s", hop, stride)):
        if samples and samples < least:
            least_s = math.ceil(1e5 * least / rate) / 1e5
            raise SoundcheckError(
                f"{owner}: {option} is {samples / rate:g} s; expected 0 or at least {least_s:g} s: a frame "
                f"of the model sees {field} samples at {rate} Hz, and the next one begins {stride} later"
            )


def _cut(samples: np.ndarray, window: int, longest: int, shortest: int, do_normalize: bool) -> list[np.ndarray]:
    parts = _equal(samples, window) if window else windows.pieces(samples, longest)
    normalised = (_normalised(part) if do_normalize else part for part in parts)
    return [np.pad(part, (0, max(0, shortest - len(part)))) for part in normalised]


def _equal(samples: np.ndarray, window: int) -> list[np.ndarray]:
    """Windows of one length, end to end; the last ends with the clip, and a shorter clip is repeated to fill one."""
    if len(samples) < window:
        return [np.resize(samples, window)]
    starts = [*range(0, len(samples) - window, window), len(samples) - window]
    return [samples[start : start + window] for start in starts]


def _normalised(samples: np.ndarray) -> np.ndarray:
    """Zero mean and unit variance, as `Wav2Vec2FeatureExtractor` gives them; silence stays zero."""
    exact = samples.astype(np.float64)
    return ((exact - exact.mean()) / np.sqrt(exact.var() + 1e-7)).astype(np.float32)


def _forward(
    hidden_states: HiddenStates, device: str, is_half: bool, stride: int, hop: int
) -> Callable[[np.ndarray], np.ndarray]:
    precision = functools.partial(torch.autocast, "cuda", torch.bfloat16) if is_half else contextlib.nullcontext
    if device != "cpu":
        # Convolutions in the 19 bits of TF32 would differ from a processor's by a thousandth.
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cudnn.deterministic = True

    @torch.inference_mode()
    def forward(batch: np.ndarray) -> np.ndarray:
        with precision():
            states = hidden_states(torch.from_numpy(batch).to(device))
        frames = torch.cat([state.float() for state in states], dim=2)
        return (_averaged(frames, stride, hop) if hop else frames).cpu().numpy()

    return forward


def _averaged(frames: torch.Tensor, stride: int, hop: int) -> torch.Tensor:
    """Means of the frames `(batch, frames, dim)`, `stride` samples apart, in each stretch of `hop` samples."""
    stretch = np.arange(frames.shape[1]) * stride // hop
    boundaries = np.flatnonzero(np.diff(stretch)) + 1
    return torch.stack([part.mean(dim=1) for part in frames.tensor_split(boundaries.tolist(), dim=1)], dim=1)
