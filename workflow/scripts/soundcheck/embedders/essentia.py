"""Models of the Essentia collection: any frozen TensorFlow graph that takes patches of one of its mel spectrograms.

Source: the algorithms TensorflowPredictVGGish, ...MusiCNN, ...EffnetDiscogs and ...MAEST of Essentia (Alonso-Jimenez et
al., "TensorFlow Audio Models in Essentia", ICASSP 2020), which cut a clip as here: frames centred on the multiples of a
hop, patches of so many frames every so many, and what lies after the last whole patch is not used. The spectrograms are
computed by `soundcheck.log_mel`, the graphs run in TensorFlow: Essentia itself is not needed.

A clip that is too short for one patch, for which Essentia returns nothing, is made as long as one: repeated, as
Essentia's own option `lastPatchMode="repeat"` does with its frames; for MAEST followed by silence, which is what the
feature extractor of its model card does.

MAEST (Alonso-Jimenez, Serra, Bogdanov, "Efficient Supervised Training of Audio Transformers for Music Representation
Learning", ISMIR 2023) returns tokens after each block, `StatefulPartitionedCall:1` to `:12`. Its authors publish the
seventh as its embedding, and lay the CLS token, the distillation token and the mean of the others side by side.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from soundcheck import frozen_graphs, log_mel
from soundcheck.embedders import Embedder
from soundcheck.errors import SoundcheckError, nearest
from soundcheck.files import file_sha256

# The parts of a transformer's output; the first two tokens are not of the signal.
TOKENS = {
    "cls": lambda tokens: tokens[:, 0],
    "distillation": lambda tokens: tokens[:, 1],
    "mean": lambda tokens: tokens[:, 2:].mean(axis=1),
}


@dataclass(frozen=True)
class Recipe:
    """What one algorithm of Essentia does before the network: `frame` and `hop` in samples, patches in frames."""

    front_end: Callable[[np.ndarray], np.ndarray]
    frame: int
    hop: int
    bands: int
    patch: int
    patch_hop: int
    input: str
    batch_size: int
    repeats_short_clips: bool = True
    # Frames that must follow a patch, or the algorithm does not return it.
    frames_behind: int = 0
    shift: float = 0.0
    scale: float = 1.0
    tokens: tuple[str, ...] = ()


_vggish = functools.partial(Recipe, log_mel.vggish, 400, 160, 64)
_musicnn = functools.partial(Recipe, log_mel.musicnn, 512, 256, 96)
ALGORITHMS = {
    "TensorflowPredictVGGish": _vggish(96, 93, "model/Placeholder", 32),
    # Its long kernels keep a processor busy with one patch; in a larger batch the last digits depend on the place.
    "TensorflowPredictMusiCNN": _musicnn(187, 93, "model/Placeholder", 1),
    "TensorflowPredictEffnetDiscogs": _musicnn(128, 62, "serving_default_melspectrogram", 64, frames_behind=1),
    "TensorflowPredictMAEST": _musicnn(
        1876,
        1875,
        "serving_default_melspectrogram",
        1,
        repeats_short_clips=False,
        shift=-2.06755686098554,
        scale=1 / (2 * 1.268292820667291),
        tokens=("cls", "distillation", "mean"),
    ),
}


def load(entry: dict, device: str) -> Embedder:
    """The embedder of an entry with `algorithm`, `output` (a node of the graph) and `weights` (its file).

    It may say more: `input` (node), `hop_s` (seconds between embeddings, rounded to frames), `patch_frames`,
    `batch_size` (a graph may be made for one: 64 for EffnetDiscogs), `sample_rate` (checked against the algorithm's),
    and `tokens`, for a graph that returns several vectors a patch, as a block of MAEST does: which of `cls`,
    `distillation` and `mean` (of all others) are laid side by side; MAEST's authors use the three.

    Raises:
        SoundcheckError: the algorithm or a token is unknown; TensorFlow is not installed; the file is no graph, lacks a
            node, refuses the patches of this algorithm, or returns no single vector for each.
    """
    owner = f"embedder {entry['name']}"
    for option in ("algorithm", "output"):
        if not entry.get(option):
            raise SoundcheckError(f"{owner} lacks the option `{option}`; a model of Essentia's documentation names it")
    recipe = _recipe(entry, owner)
    patch_hop = _patch_hop(entry, recipe)
    batch_size = int(entry.get("batch_size") or recipe.batch_size)
    input_node = entry.get("input") or recipe.input
    network = frozen_graphs.open_graph(entry["weights"], input_node, entry["output"], owner, device)
    forward = functools.partial(_forward, network, _tokens(entry, recipe, owner), entry["output"], owner)
    return Embedder(
        sample_rate=log_mel.SAMPLE_RATE,
        # A graph does not tell the size of what it returns.
        dimension=forward(np.zeros((batch_size, recipe.patch, recipe.bands), np.float32)).shape[2],
        cut=functools.partial(patches, recipe=recipe, patch_hop=patch_hop),
        forward=forward,
        batch_size=batch_size,
        first_s=(recipe.patch - 1) * recipe.hop / 2 / log_mel.SAMPLE_RATE,
        window_hop_s=patch_hop * recipe.hop / log_mel.SAMPLE_RATE,
        facts={
            "weights": f"sha256:{file_sha256(entry['weights'])}",
            "node": entry["output"],
            "patch_s": recipe.patch * recipe.hop / log_mel.SAMPLE_RATE,
            "hop_s": patch_hop * recipe.hop / log_mel.SAMPLE_RATE,
            "short_clips": "repeated" if recipe.repeats_short_clips else "followed by silence",
            "tail": "not used: a patch must be whole",
        },
    )


def _recipe(entry: dict, owner: str) -> Recipe:
    algorithm = entry["algorithm"]
    if algorithm not in ALGORITHMS:
        raise SoundcheckError(f"{owner}: algorithm {algorithm!r} is not supported{nearest(algorithm, ALGORITHMS)}")
    rate = entry.get("sample_rate") or log_mel.SAMPLE_RATE
    if rate != log_mel.SAMPLE_RATE:
        raise SoundcheckError(
            f"{owner}: sample_rate is {rate}; {algorithm} is made for {log_mel.SAMPLE_RATE} Hz and no other"
        )
    recipe = ALGORITHMS[algorithm]
    patch = int(entry.get("patch_frames") or recipe.patch)
    return replace(recipe, patch=patch, patch_hop=min(recipe.patch_hop, patch))


def _patch_hop(entry: dict, recipe: Recipe) -> int:
    hop_s = entry.get("hop_s")
    return max(1, round(hop_s * log_mel.SAMPLE_RATE / recipe.hop)) if hop_s else recipe.patch_hop


def _tokens(entry: dict, recipe: Recipe, owner: str) -> Sequence[str]:
    tokens = entry.get("tokens") or recipe.tokens
    for token in tokens:
        if token not in TOKENS:
            raise SoundcheckError(f"{owner}: token {token!r} does not exist{nearest(token, TOKENS)}")
    return tokens


def patches(samples: np.ndarray, recipe: Recipe, patch_hop: int) -> np.ndarray:
    """The patches `(n, patch, bands)` of a clip at 16 kHz, at least one, that begin every `patch_hop` frames."""
    needed = recipe.patch + recipe.frames_behind
    mel = _mel(samples, recipe)
    if len(mel) < needed:
        length = needed * recipe.hop + recipe.frame
        longer = np.resize(samples, length) if recipe.repeats_short_clips else _followed_by_silence(samples, length)
        mel = _mel(longer, recipe)[:needed]
    whole = np.lib.stride_tricks.sliding_window_view(mel[: len(mel) - recipe.frames_behind], recipe.patch, axis=0)
    return whole[::patch_hop].swapaxes(1, 2)


def _followed_by_silence(samples: np.ndarray, length: int) -> np.ndarray:
    return np.pad(samples, (0, length - len(samples)))


def _mel(samples: np.ndarray, recipe: Recipe) -> np.ndarray:
    """The mel spectrogram `(frames, bands)` of a clip, as the network was trained to see it."""
    return (recipe.front_end(samples) + np.float32(recipe.shift)) * np.float32(recipe.scale)


def _forward(network: Callable, tokens: Sequence[str], output: str, owner: str, batch: np.ndarray) -> np.ndarray:
    result = network(batch)
    vectors = result
    if result.ndim == 3 and tokens:
        vectors = np.concatenate([TOKENS[token](result) for token in tokens], axis=1)
    if len(result) != len(batch) or vectors.ndim < 2 or any(size > 1 for size in vectors.shape[1:-1]):
        raise SoundcheckError(
            f"{owner}: the node {output!r}, named by `output`, returns an array of shape {result.shape} for "
            f"{len(batch)} patches; expected one vector for each, ({len(batch)}, dimension): name another node "
            "or, for the tokens of a transformer, `tokens`"
        )
    return vectors.reshape(len(batch), 1, -1)
