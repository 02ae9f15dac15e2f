"""Encoders from the Hugging Face hub that see what a feature extractor makes of a clip, with all their layers.

Which ones, and what differs between them, is in `huggingface_kinds`. The features are those of the extractor's own
class in transformers, made of one clip at a time, so that no clip is padded for the sake of another. What the extractor
itself pads, as AST's to 10.24 s and Whisper's to 30 s, the model sees as in its training; of what it returns only the
frames of the clip itself are kept. CLAP's extractor repeats a clip as often as it fits whole into 10 s, and puts zeros
behind, so that one of more than 5 s is not repeated at all; its embedding is of all that. Longer clips therefore go
through CLAP in full windows, of which the last is moved back to end with the clip.

At the end of a clip, a twentieth of a window at most is not heard where it would need a window of its own, unless every
frame is asked for.

A band that does not change, as in silence, has no deviation by which an extractor could divide it: it becomes zero.
"""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from soundcheck.embedding.families import Embedder
from soundcheck.embedding.families.support import windows
from soundcheck.embedding.families.support.huggingface.folder import CONFIG, PREPROCESSOR, Encoder
from soundcheck.embedding.families.support.huggingface.kinds import Frames, Kind
from soundcheck.embedding.families.support.huggingface.states import (
    PRECISIONS,
    HiddenStates,
    arithmetic,
    averaged,
    checked_samples,
    checked_tokens,
    is_half,
)
from soundcheck.plumbing.errors import SoundcheckError

Inputs = dict[str, torch.Tensor]


def embedder(entry: dict, encoder: Encoder, device: str) -> Embedder:
    """The embedder of an entry whose model sees features; for its options see `huggingface.load`.

    Raises:
        SoundcheckError: the extractor's settings are not those of the model, or an option does not fit it.
    """
    owner = f"embedder {entry['name']}"
    kind, config, extractor = encoder.kind, encoder.model.config, encoder.extractor
    frames, rate = kind.frames(config, extractor), extractor.sampling_rate
    window, hop = checked_samples(entry, rate, frames, owner)
    longest, limit = _longest(entry, encoder, window, owner)
    _check_extractor(extractor, entry["weights"], owner)
    inputs = functools.partial(_inputs, extractor, kind.shortest or frames.seen)
    _check_shape(encoder, inputs(np.zeros((1, 1), np.float32)), entry["weights"], owner)
    model = encoder.model.to(device)
    known = tuple(kind.vectors) or (*kind.special, "mean") * bool(kind.special)
    tokens = checked_tokens(entry, known, hop, owner, default=tuple(kind.vectors)[:1])
    blocks = model.get_submodule(kind.blocks) if kind.blocks else None
    n_layers = 1 if blocks is None else len(blocks) + 1
    half = is_half(entry, device)
    if kind.vectors:
        run, together = functools.partial(kind.vectors_of, model), functools.partial(_side_by_side, tokens)
        dimension = sum(getattr(config, kind.vectors[token]) for token in tokens)
    else:
        run = _layers(encoder, blocks)
        together = functools.partial(_own_frames, kind, kind.bands(config), frames, hop, tokens)
        dimension = n_layers * config.hidden_size * max(1, len(tokens))
    step = hop or frames.stride
    if kind.vectors and not window:
        cut = functools.partial(windows.full, window=longest)
    elif window:
        cut = functools.partial(windows.equal, window=window)
    else:
        cut = functools.partial(windows.pieces, longest=longest, limit=limit, is_cut=entry.get("pooling") != "none")
    # The last window of several may be moved back to end with its clip: then its place tells no time.
    is_moved = bool(window or kind.vectors)
    return Embedder(
        sample_rate=rate,
        dimension=dimension,
        cut=cut,
        forward=_forward(
            inputs, run, together, device, arithmetic(half, device), rate if tokens and not is_moved else 0
        ),
        batch_size=int(entry.get("batch_size", 8)) if window else 1,
        n_layers=n_layers,
        first_s=np.nan if is_moved and tokens else frames.first_s(step, rate),
        hop_s=None if window or tokens else step / rate,
        window_hop_s=window / rate if window else None,
        facts=encoder.facts
        | {
            "precision": PRECISIONS[half],
            "features": type(extractor).__name__,
            "longest_s": (window or longest) / rate,
            "tail": "up to a twentieth of a window is not used" if limit or is_moved else "used",
            "tokens": list(tokens),
        },
    )


def _longest(entry: dict, encoder: Encoder, window: int, owner: str) -> tuple[int, int]:
    """The samples that go through the model at once, and those that it can take at most (0: any number)."""
    kind, config, extractor = encoder.kind, encoder.model.config, encoder.extractor
    rate = extractor.sampling_rate
    asked = max(1, int(entry.get("longest_s", 30.0) * rate))
    if not kind.window:
        return asked, 0
    seen = kind.window(config, extractor)
    if window > seen:
        raise SoundcheckError(
            f"{owner}: window_s is {window / rate:g} s, but the model sees {seen / rate:g} s at once; "
            "expected 0 or no more than these"
        )
    return min(asked, seen), seen


def _check_extractor(extractor: Any, folder: str, owner: str) -> None:
    for setting, usable, why in (
        ("padding_side", "right", "a clip's own frames must be the first ones"),
        ("dither", 0, "it would add other noise each time"),
    ):
        found = getattr(extractor, setting, usable)
        if found != usable:
            raise SoundcheckError(
                f"{owner}: {PREPROCESSOR} in {folder} has {setting} {found!r}; expected {usable!r}, since {why}"
            )


def _check_shape(encoder: Encoder, inputs: Inputs, folder: str, owner: str) -> None:
    if not encoder.kind.shape:
        return
    wanted = encoder.kind.shape(encoder.model.config)
    found = tuple(inputs[encoder.extractor.model_input_names[0]].shape[1:])
    if len(found) != len(wanted) or any(size not in (None, own) for size, own in zip(wanted, found, strict=True)):
        sizes = ", ".join("any" if size is None else str(size) for size in wanted)
        raise SoundcheckError(
            f"{owner}: {PREPROCESSOR} in {folder} gives features of shape {found}, but {CONFIG} beside it describes a "
            f"model of ({sizes}). Both files must be of one model"
        )


def _inputs(extractor: Callable, shortest: int, batch: np.ndarray) -> Inputs:
    """What the model is called with, for clips `(batch, samples)`; each is made of its clip alone."""
    missing = max(0, shortest - batch.shape[1])
    with np.errstate(invalid="ignore", divide="ignore"):
        each = [
            extractor(np.pad(samples, (0, missing)), sampling_rate=extractor.sampling_rate, return_tensors="pt")
            for samples in batch
        ]
    return {name: torch.cat([_finite(features[name]) for features in each]) for name in each[0]}


def _finite(features: torch.Tensor) -> torch.Tensor:
    if not features.is_floating_point():
        return features
    return torch.nan_to_num(features.float(), nan=0.0, posinf=0.0, neginf=0.0)


def _layers(encoder: Encoder, blocks: torch.nn.ModuleList | None) -> Callable[[Inputs], list[torch.Tensor]]:
    """From what a model is called with to its layers, each `(batch, tokens, dim)`."""
    if blocks is not None:
        hidden_states = HiddenStates(encoder.model, blocks, encoder.kind.ends_in_blocks)
        return lambda inputs: hidden_states(**inputs)
    network, name = encoder.model.get_submodule(encoder.kind.part), encoder.extractor.model_input_names[0]
    return lambda inputs: [network(inputs[name]).transpose(1, 2)]


def _own_frames(
    kind: Kind, bands: int, frames: Frames, hop: int, tokens: tuple[str, ...], layers: list[torch.Tensor], n: int
) -> torch.Tensor:
    """The frames of `n` samples, or the tokens of their window, layers side by side: `(batch, frames, dimension)`."""
    parts = []
    for layer in layers:
        first = len(kind.special)
        by_band = layer[:, first:].float().unflatten(1, (bands, -1))
        own = by_band.mean(dim=1)[:, : frames.count(n)]
        if tokens:
            named = dict(zip(kind.special, layer[:, :first].float().unbind(dim=1), strict=True))
            named["mean"] = own.mean(dim=1)
            parts.append(torch.cat([named[token] for token in tokens], dim=1)[:, None])
        else:
            parts.append(averaged(own, frames.stride, hop) if hop else own)
    return torch.cat(parts, dim=2)


def _side_by_side(tokens: tuple[str, ...], vectors: dict[str, torch.Tensor], n: int) -> torch.Tensor:
    return torch.cat([vectors[token].float() for token in tokens], dim=1)[:, None]


def _forward(
    inputs: Callable, run: Callable, together: Callable, device: str, precision: Callable, rate: int
) -> Callable[[np.ndarray], np.ndarray | tuple[np.ndarray, np.ndarray]]:
    """The forward pass; with a `rate` it also returns the time of the one vector of a window: its middle."""

    @torch.inference_mode()
    def forward(batch: np.ndarray) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
        features = {name: values.to(device) for name, values in inputs(batch).items()}
        with precision():
            outputs = run(features)
        n_samples = batch.shape[1]
        frames = together(outputs, n_samples).cpu().numpy()
        return (frames, np.array([n_samples / 2 / rate])) if rate else frames

    return forward
