"""The hidden states of a transformer from the Hugging Face hub, and what is done with them whatever its input."""

import contextlib
import functools
import math
import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import numpy as np
import torch

from soundcheck.embedding.families.support.huggingface.kinds import Frames
from soundcheck.plumbing.errors import SoundcheckError, nearest

PRECISIONS = ("float32", "bfloat16")


class HiddenStates:
    """A model that returns what enters its first block, what leaves each block but the last, and its output.

    Taken at the blocks themselves: what transformers calls `hidden_states` is not there for models with code of their
    own, and ends before or after the last normalisation, depending on the version. Several threads may call it at once.
    With `ends_in_blocks` what leaves the last block stands in the place of the output.
    """

    def __init__(self, model: torch.nn.Module, blocks: torch.nn.ModuleList, ends_in_blocks: bool = False) -> None:
        self.model = model
        self.ends_in_blocks = ends_in_blocks
        self.found = threading.local()
        blocks[0].register_forward_pre_hook(self._keep_input, with_kwargs=True)
        for block in blocks:
            block.register_forward_hook(self._keep_output)

    def _keep_input(self, block: torch.nn.Module, arguments: tuple, named: dict) -> None:
        self.found.states = [arguments[0] if arguments else named["hidden_states"]]

    def _keep_output(self, block: torch.nn.Module, arguments: tuple, output: object) -> None:
        self.found.states.append(output[0] if isinstance(output, tuple) else output)

    def __call__(self, *inputs: torch.Tensor, **named: torch.Tensor) -> list[torch.Tensor]:
        """The states, each `(batch, frames, dim)`, of what the model takes, such as waveforms `(batch, samples)`."""
        output = self.model(*inputs, **named)[0]
        states, self.found.states = self.found.states, []
        return states if self.ends_in_blocks else [*states[:-1], output]


def is_half(entry: dict, device: str) -> bool:
    """Whether the model computes in bfloat16."""
    return device != "cpu" and entry.get("precision") == "bfloat16"


def arithmetic(half: bool, device: str) -> Callable[[], AbstractContextManager]:
    """What a forward pass runs in, so that on a GPU it computes with the precision that was asked for."""
    if device != "cpu":
        # Convolutions in the 19 bits of TF32 would differ from a processor's by a thousandth.
        torch.backends.cudnn.allow_tf32 = False
        torch.backends.cudnn.deterministic = True
    return functools.partial(torch.autocast, "cuda", torch.bfloat16) if half else contextlib.nullcontext


def averaged(frames: torch.Tensor, stride: int, hop: int) -> torch.Tensor:
    """Means of the frames `(batch, frames, dim)`, `stride` samples apart, in each stretch of `hop` samples."""
    stretch = np.arange(frames.shape[1]) * stride // hop
    boundaries = np.flatnonzero(np.diff(stretch)) + 1
    return torch.stack([part.mean(dim=1) for part in frames.tensor_split(boundaries.tolist(), dim=1)], dim=1)


def checked_samples(entry: dict, rate: int, frames: Frames, owner: str) -> tuple[int, int]:
    """The options `window_s` and `hop_s` in samples, after a check of these and of `precision`.

    Raises:
        SoundcheckError: an option does not fit the model.
    """
    precision = entry.get("precision", "float32")
    if precision not in PRECISIONS:
        raise SoundcheckError(f"{owner}: unknown precision {precision!r}{nearest(precision, PRECISIONS)}")
    window, hop = (round(entry.get(option, 0) * rate) for option in ("window_s", "hop_s"))
    for option, samples, least in (("window_s", window, frames.seen), ("hop_s", hop, frames.stride)):
        if samples and samples < least:
            least_s = math.ceil(1e5 * least / rate) / 1e5
            raise SoundcheckError(
                f"{owner}: {option} is {samples / rate:g} s; expected 0 or at least {least_s:g} s: a frame "
                f"of the model sees {frames.seen} samples at {rate} Hz, and the next one begins {frames.stride} later"
            )
    return window, hop


def checked_tokens(
    entry: dict, known: Sequence[str], hop: int, owner: str, default: tuple[str, ...] = ()
) -> tuple[str, ...]:
    """The option `tokens`, after a check that the model has them.

    Raises:
        SoundcheckError: it has not, or `hop_s` asks for frames.
    """
    tokens = tuple(entry.get("tokens") or default)
    for token in tokens:
        if token not in known:
            what = nearest(token, known) if known else "; a model of this type has none, so leave `tokens` out"
            raise SoundcheckError(f"{owner}: token {token!r} does not exist{what}")
    if tokens and hop:
        raise SoundcheckError(
            f"{owner}: hop_s is for the frames of a model, but {' and '.join(tokens)} (see `tokens`) are of a whole "
            "window; leave hop_s out, or set it to 0"
        )
    return tokens
