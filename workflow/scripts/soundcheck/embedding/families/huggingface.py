"""MERT, and any other audio encoder from the Hugging Face hub that transformers has, with all its layers.

Source: the model card of m-a-p/MERT-v1-95M (24 kHz, every hidden state, mean over time) and the configuration files of
each model; see `huggingface_kinds` for what can be loaded. A clip goes through the model in one forward pass, as in
the published evaluations, and one pass gives every layer: first what enters the first block, last the model's output.
Encoders of the waveform are here; those that see a spectrogram, in `huggingface_features`.

Windows of the waveform are never padded, since padding changes what a model with group normalisation returns (all of
MERT-v1-95M's values, not those of the padded part alone). The one exception is a clip that is shorter than the model's
receptive field, 400 samples for MERT, for which there is no output without: zeros are put behind it, after
normalisation.
"""

import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from soundcheck.embedding.families import Embedder
from soundcheck.embedding.families.support import windows
from soundcheck.embedding.families.support.huggingface import features, folder
from soundcheck.embedding.families.support.huggingface.kinds import Frames
from soundcheck.embedding.families.support.huggingface.states import (
    PRECISIONS,
    HiddenStates,
    arithmetic,
    averaged,
    checked_samples,
    checked_tokens,
    is_half,
)

THREADS = 4
ENVIRONMENT = "mert"
FRAMEWORKS = ("torch",)


def load(entry: dict, device: str) -> Embedder:
    """The embedder of an entry: `weights` (a folder), and these options, all with a default.

    - `hop_s`: 0 (default) for every frame of the model, 1/75 s apart in MERT; else the frames are averaged over
      consecutive stretches of that duration, of which the last in a window may be shorter.
    - `longest_s`: 30 by default, or what the model sees at most; clips that are longer by more than a twentieth
      go in consecutive pieces of nearly equal length; through CLAP, in full windows.
    - `window_s`: 0 (default) for whole clips, one at a time. Else windows of exactly that duration, `batch_size` (8) of
      them at once, across tracks: they lie end to end, the last one is moved back to end with the clip, and a shorter
      clip is repeated until it fills one. No more than a twentieth of a window has none of its own.
    - `precision`: `float32` (default) or `bfloat16`, which holds on a GPU alone.
    - `trust_remote_code`: false by default; MERT does not need it.
    - `tokens`: for AST, which of `cls`, `distillation` and `mean` (of the frames) are laid side by side as one vector
      for each window, in the place of its frames; for CLAP, which of `projected` (its audio embedding, the default) and
      `pooled` (below the projection).

    Raises:
        SoundcheckError: the folder cannot be used, or an option does not fit the model.
    """
    owner = f"embedder {entry['name']}"
    encoder = folder.load(Path(entry["weights"]), owner, bool(entry.get("trust_remote_code", False)))
    if encoder.kind:
        return features.embedder(entry, encoder, device)
    rate, config = encoder.preprocessor["sampling_rate"], encoder.model.config
    frames = Frames.of_convolutions(config.conv_kernel, config.conv_stride)
    window, hop = checked_samples(entry, rate, frames, owner)
    checked_tokens(entry, (), hop, owner)
    half = is_half(entry, device)
    do_normalize = bool(encoder.preprocessor.get("do_normalize", True))
    step = hop or frames.stride
    blocks = encoder.model.encoder.layers
    n_layers = len(blocks) + 1
    hidden_states = HiddenStates(encoder.model.to(device), blocks)
    return Embedder(
        sample_rate=rate,
        dimension=n_layers * config.hidden_size,
        cut=functools.partial(
            _cut,
            window=window,
            longest=int(entry.get("longest_s", 30.0) * rate),
            shortest=frames.seen,
            do_normalize=do_normalize,
        ),
        forward=_forward(hidden_states, device, arithmetic(half, device), frames.stride, hop),
        batch_size=int(entry.get("batch_size", 8)) if window else 1,
        n_layers=n_layers,
        first_s=frames.first_s(step, rate),
        # The last window of several is moved back to end with its clip, so that its place tells no time.
        hop_s=None if window else step / rate,
        window_hop_s=window / rate if window else None,
        facts=encoder.facts | {"precision": PRECISIONS[half], "normalised_input": do_normalize},
    )


def _cut(samples: np.ndarray, window: int, longest: int, shortest: int, do_normalize: bool) -> list[np.ndarray]:
    parts = windows.equal(samples, window) if window else windows.pieces(samples, longest)
    normalised = (_normalised(part) if do_normalize else part for part in parts)
    return [np.pad(part, (0, max(0, shortest - len(part)))) for part in normalised]


def _normalised(samples: np.ndarray) -> np.ndarray:
    """Zero mean and unit variance, as `Wav2Vec2FeatureExtractor` gives them; silence stays zero."""
    exact = samples.astype(np.float64)
    return ((exact - exact.mean()) / np.sqrt(exact.var() + 1e-7)).astype(np.float32)


def _forward(
    hidden_states: HiddenStates, device: str, precision: Callable, stride: int, hop: int
) -> Callable[[np.ndarray], np.ndarray]:
    @torch.inference_mode()
    def forward(batch: np.ndarray) -> np.ndarray:
        with precision():
            states = hidden_states(torch.from_numpy(batch).to(device))
        frames = torch.cat([state.float() for state in states], dim=2)
        return (averaged(frames, stride, hop) if hop else frames).cpu().numpy()

    return forward
