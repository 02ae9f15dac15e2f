"""Models of the Essentia collection: any frozen TensorFlow graph that takes a signal by way of one of its algorithms.

What the algorithms do before the network is in `essentia_algorithms`, their mel spectrograms in `log_mel`;
the graphs run in TensorFlow: Essentia itself is not needed. `TensorflowPredict` stands for any graph of your own that
takes windows of samples, `(batch, samples)` or `(batch, samples, 1)`.

MAEST (Alonso-Jimenez, Serra, Bogdanov, "Efficient Supervised Training of Audio Transformers for Music Representation
Learning", ISMIR 2023) returns tokens after each block, `StatefulPartitionedCall:1` to `:12`. Its authors publish the
seventh as its embedding, and lay the CLS token, the distillation token and the mean of the others side by side.
"""

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from soundcheck.embedding.families import Embedder
from soundcheck.embedding.families.support import arrays, frozen_graphs
from soundcheck.embedding.families.support.essentia_algorithms import ALGORITHMS, NOT_EMBEDDERS, Patches, Samples
from soundcheck.plumbing.errors import SoundcheckError, nearest
from soundcheck.plumbing.files import file_sha256

THREADS = 4
ENVIRONMENT = "essentia"
FRAMEWORKS = ("tensorflow",)

ANY_GRAPH = "TensorflowPredict"
# The parts of a transformer's output; the first two tokens are not of the signal.
TOKENS = {
    "cls": lambda tokens: tokens[:, 0],
    "distillation": lambda tokens: tokens[:, 1],
    "mean": lambda tokens: tokens[:, 2:].mean(axis=1),
}


def load(entry: dict, device: str) -> Embedder:
    """The embedder of an entry with `algorithm`, `output` (a node of the graph) and `weights` (its file).

    It may say more: `input` (node), `hop_s` (seconds between embeddings, rounded to frames), `patch_frames`,
    `batch_size` (a graph may be made for one: 64 for EffnetDiscogs), and `tokens`, for a graph that returns several
    vectors a patch, as a block of MAEST does: which of `cls`, `distillation` and `mean` (of all others) are laid side
    by side; MAEST's authors use the three.

    With the algorithm `TensorflowPredict` it must say `input`, `sample_rate` and `window_s`, the length of a window of
    samples; `hop_s` is as long unless given. The graph may return several vectors a window, `(batch, frames, dim)`.

    Raises:
        SoundcheckError: the algorithm or a token is unknown, or the algorithm takes no signal;
            TensorFlow is not installed; the file is no graph, lacks a node, refuses the patches of this algorithm, or
            returns no single vector for each.
    """
    owner = f"embedder {entry['name']}"
    for option in ("algorithm", "output"):
        if not entry.get(option):
            raise SoundcheckError(f"{owner} lacks the option `{option}`; a model of Essentia's documentation names it")
    recipe = _recipe(entry, owner)
    network = frozen_graphs.open_graph(entry["weights"], _inputs(entry, recipe), entry["output"], owner, device)
    forward = functools.partial(_forward, network, recipe, _tokens(entry, recipe, owner), entry["output"], owner)
    # A graph does not tell the size of what it returns.
    _, n_frames, dimension = forward(np.zeros((recipe.batch_size, *recipe.shape), np.float32)).shape
    return Embedder(
        sample_rate=recipe.sample_rate,
        dimension=dimension,
        cut=recipe.cut,
        forward=forward,
        batch_size=recipe.batch_size,
        first_s=recipe.first_s / n_frames,
        hop_s=recipe.window_s / n_frames if n_frames > 1 else None,
        window_hop_s=recipe.hop_s,
        facts={
            "weights": f"sha256:{file_sha256(entry['weights'])}",
            "node": entry["output"],
            "patch_s": recipe.window_s,
            "hop_s": recipe.hop_s,
            **recipe.facts,
        },
    )


def _inputs(entry: dict, recipe: Patches | Samples) -> list[str]:
    """The node that takes the patches; where no option names it, also what graphs of other years call it."""
    named = entry.get("input")
    return [named] if named else [recipe.input, *(recipe.other_inputs if isinstance(recipe, Patches) else ())]


def _recipe(entry: dict, owner: str) -> Patches | Samples:
    """What the algorithm of an entry does, with what the entry changes of it."""
    algorithm = entry["algorithm"]
    if algorithm == ANY_GRAPH:
        return _samples_of(entry, owner)
    if algorithm in NOT_EMBEDDERS:
        raise SoundcheckError(f"{owner}: the algorithm {algorithm} {NOT_EMBEDDERS[algorithm]}")
    if algorithm not in ALGORITHMS:
        hint = nearest(algorithm, [*ALGORITHMS, ANY_GRAPH])
        raise SoundcheckError(f"{owner}: algorithm {algorithm!r} is not supported{hint}")
    recipe = ALGORITHMS[algorithm]
    size = int(entry.get("patch_frames") or recipe.size)
    if size != recipe.size and isinstance(recipe, Samples):
        raise SoundcheckError(f"{owner}: {algorithm} takes no patches of a spectrogram: remove `patch_frames`")
    return _with_options(replace(recipe, size=size, every=min(recipe.every, size)), entry)


def _samples_of(entry: dict, owner: str) -> Samples:
    """The windows of samples that an entry without a recipe of Essentia's describes."""
    for option in ("input", "sample_rate", "window_s"):
        if not entry.get(option):
            raise SoundcheckError(
                f"{owner} lacks `{option}`, which the algorithm {ANY_GRAPH} needs: the name of the node that takes the "
                "samples, their rate (Hz), and how long the windows of them are (s)"
            )
    rate = int(entry["sample_rate"])
    size = max(1, round(entry["window_s"] * rate))
    # One at a time: in a batch the last digits of some kernels depend on the place.
    return _with_options(Samples(rate, size, size, entry["input"], 1), entry)


def _with_options(recipe: Patches | Samples, entry: dict) -> Patches | Samples:
    """A recipe with the hop, the node and the batch of an entry, where it has them."""
    step = recipe.hop if isinstance(recipe, Patches) else 1
    hop_s = entry.get("hop_s")
    return replace(
        recipe,
        every=max(1, round(hop_s * recipe.sample_rate / step)) if hop_s else recipe.every,
        input=entry.get("input") or recipe.input,
        batch_size=int(entry.get("batch_size") or recipe.batch_size),
    )


def _tokens(entry: dict, recipe: Patches | Samples, owner: str) -> Sequence[str]:
    tokens = entry.get("tokens") or (recipe.tokens if isinstance(recipe, Patches) else ())
    for token in tokens:
        if token not in TOKENS:
            raise SoundcheckError(f"{owner}: token {token!r} does not exist{nearest(token, TOKENS)}")
    return tokens


def _forward(
    network: Callable, recipe: Patches | Samples, tokens: Sequence[str], output: str, owner: str, batch: np.ndarray
) -> np.ndarray:
    try:
        result = arrays.real(network(recipe.arranged(batch)))
    except arrays.NotReal as error:
        raise SoundcheckError(
            f"{owner}: the node {output!r}, named by `output`, returns {error}; expected real numbers: name another"
        ) from error
    vectors = result
    if result.ndim == 3 and tokens:
        vectors = np.concatenate([TOKENS[token](result) for token in tokens], axis=1)
    elif result.ndim == 3 and len(result) == len(batch) and isinstance(recipe, Samples):
        return result
    if len(result) != len(batch) or vectors.ndim < 2 or any(size > 1 for size in vectors.shape[1:-1]):
        raise SoundcheckError(
            f"{owner}: the node {output!r}, named by `output`, returns an array of shape {result.shape} for "
            f"{len(batch)} patches; expected one vector for each, ({len(batch)}, dimension): name another node "
            "or, for the tokens of a transformer, `tokens`"
        )
    return vectors.reshape(len(batch), 1, -1)
