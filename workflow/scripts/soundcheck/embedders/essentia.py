"""Models of the Essentia collection: any frozen TensorFlow graph that takes patches of one of its mel spectrograms.

Source: the algorithms TensorflowPredictVGGish, ...MusiCNN, ...EffnetDiscogs and ...MAEST of Essentia (Alonso-Jimenez et
al., "TensorFlow Audio Models in Essentia", ICASSP 2020), which cut a clip as here: frames centred on the multiples of a
hop, patches of so many frames every so many, and what lies after the last whole patch is not used. Patches are those
of these algorithms bit by bit, but for silence: Essentia adds noise of -100 dB to silent frames, which shows in VGGish
as 1e-6, and this does not.

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
from types import ModuleType

import numpy as np

from soundcheck import frozen_graphs
from soundcheck.embedders import Embedder
from soundcheck.errors import SoundcheckError, nearest
from soundcheck.files import file_sha256

SAMPLE_RATE = 16_000
# The parts of a transformer's output; the first two tokens are not of the signal.
TOKENS = {
    "cls": lambda tokens: tokens[:, 0],
    "distillation": lambda tokens: tokens[:, 1],
    "mean": lambda tokens: tokens[:, 2:].mean(axis=1),
}


@dataclass(frozen=True)
class Recipe:
    """What one algorithm of Essentia does before the network: `frame` and `hop` in samples, patches in frames."""

    front_end: str
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


_vggish = functools.partial(Recipe, "TensorflowInputVGGish", 400, 160, 64)
_musicnn = functools.partial(Recipe, "TensorflowInputMusiCNN", 512, 256, 96)
ALGORITHMS = {
    "TensorflowPredictVGGish": _vggish(96, 93, "model/Placeholder", 32),
    # Its long kernels make more numbers of a patch than a processor's caches hold: larger batches are slower.
    "TensorflowPredictMusiCNN": _musicnn(187, 93, "model/Placeholder", 2),
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
    `distillation` and `mean` (of all others) are laid side by side; MAEST's authors use the three. Essentia runs on
    the processor.

    Raises:
        SoundcheckError: the algorithm or a token is unknown; Essentia is not installed; the file is no graph, lacks a
            node, refuses the patches of this algorithm, or returns no single vector for each.
    """
    owner = f"embedder {entry['name']}"
    for option in ("algorithm", "output"):
        if not entry.get(option):
            raise SoundcheckError(f"{owner} lacks the option `{option}`; a model of Essentia's documentation names it")
    recipe = _recipe(entry, owner)
    patch_hop = _patch_hop(entry, recipe)
    batch_size = int(entry.get("batch_size") or recipe.batch_size)
    standard = frozen_graphs.import_essentia(owner)
    network = frozen_graphs.open_graph(entry["weights"], entry.get("input") or recipe.input, entry["output"], owner)
    forward = functools.partial(_forward, network, _tokens(entry, recipe, owner), entry["output"], owner)
    return Embedder(
        sample_rate=SAMPLE_RATE,
        # A graph does not tell the size of what it returns.
        dimension=forward(np.zeros((batch_size, recipe.patch, recipe.bands), np.float32)).shape[2],
        cut=functools.partial(patches, standard=standard, recipe=recipe, patch_hop=patch_hop),
        forward=forward,
        batch_size=batch_size,
        first_s=(recipe.patch - 1) * recipe.hop / 2 / SAMPLE_RATE,
        window_hop_s=patch_hop * recipe.hop / SAMPLE_RATE,
        # Essentia holds Python's lock while it runs: a second thread would wait for the first.
        concurrent=False,
        facts={
            "weights": f"sha256:{file_sha256(entry['weights'])}",
            "node": entry["output"],
            "patch_s": recipe.patch * recipe.hop / SAMPLE_RATE,
            "hop_s": patch_hop * recipe.hop / SAMPLE_RATE,
            "short_clips": "repeated" if recipe.repeats_short_clips else "followed by silence",
            "tail": "not used: a patch must be whole",
        },
    )


def _recipe(entry: dict, owner: str) -> Recipe:
    algorithm = entry["algorithm"]
    if algorithm not in ALGORITHMS:
        raise SoundcheckError(f"{owner}: algorithm {algorithm!r} is not supported{nearest(algorithm, ALGORITHMS)}")
    rate = entry.get("sample_rate") or SAMPLE_RATE
    if rate != SAMPLE_RATE:
        raise SoundcheckError(f"{owner}: sample_rate is {rate}; {algorithm} is made for {SAMPLE_RATE} Hz and no other")
    recipe = ALGORITHMS[algorithm]
    patch = int(entry.get("patch_frames") or recipe.patch)
    return replace(recipe, patch=patch, patch_hop=min(recipe.patch_hop, patch))


def _patch_hop(entry: dict, recipe: Recipe) -> int:
    hop_s = entry.get("hop_s")
    return max(1, round(hop_s * SAMPLE_RATE / recipe.hop)) if hop_s else recipe.patch_hop


def _tokens(entry: dict, recipe: Recipe, owner: str) -> Sequence[str]:
    tokens = entry.get("tokens") or recipe.tokens
    for token in tokens:
        if token not in TOKENS:
            raise SoundcheckError(f"{owner}: token {token!r} does not exist{nearest(token, TOKENS)}")
    return tokens


def patches(samples: np.ndarray, standard: ModuleType, recipe: Recipe, patch_hop: int) -> np.ndarray:
    """The patches `(n, patch, bands)` of a clip at 16 kHz, at least one, that begin every `patch_hop` frames."""
    needed = recipe.patch + recipe.frames_behind
    mel = _mel(samples, standard, recipe)
    if len(mel) < needed:
        length = needed * recipe.hop + recipe.frame
        longer = np.resize(samples, length) if recipe.repeats_short_clips else _followed_by_silence(samples, length)
        mel = _mel(longer, standard, recipe)[:needed]
    whole = np.lib.stride_tricks.sliding_window_view(mel[: len(mel) - recipe.frames_behind], recipe.patch, axis=0)
    return whole[::patch_hop].swapaxes(1, 2)


def _followed_by_silence(samples: np.ndarray, length: int) -> np.ndarray:
    return np.pad(samples, (0, length - len(samples)))


def _mel(samples: np.ndarray, standard: ModuleType, recipe: Recipe) -> np.ndarray:
    """The mel spectrogram `(frames, bands)` of a clip, in the algorithm's own logarithmic scale."""
    front_end = getattr(standard, recipe.front_end)()
    samples = np.ascontiguousarray(samples, dtype=np.float32)
    frames = standard.FrameGenerator(samples, frameSize=recipe.frame, hopSize=recipe.hop)
    mel = np.array([front_end(frame) for frame in frames], dtype=np.float32)
    return (mel + np.float32(recipe.shift)) * np.float32(recipe.scale)


def _forward(network: Callable, tokens: Sequence[str], output: str, owner: str, batch: np.ndarray) -> np.ndarray:
    result = network(batch[:, None])
    n_patches, channels, n_tokens, _ = result.shape
    vectors = result[:, 0]
    if n_tokens > 1 and tokens:
        vectors = np.concatenate([TOKENS[token](vectors) for token in tokens], axis=1)[:, None]
    if n_patches != len(batch) or channels > 1 or vectors.shape[1] > 1:
        raise SoundcheckError(
            f"{owner}: the node {output!r}, named by `output`, returns an array of shape {result.shape} for "
            f"{len(batch)} patches; expected one vector for each, ({len(batch)}, 1, 1, dimension): name another node "
            "or, for the tokens of a transformer, `tokens`"
        )
    return vectors
