"""A user's own model: a Python file, or an installed module, with the HEAR API.

Source: the API of the HEAR benchmark (Turian et al., "HEAR: Holistic Evaluation of Audio Representations", 2022):
`load_model(model_file_path="") -> model` with `model.sample_rate` (Hz), and `get_scene_embeddings(audio, model) ->
(n_sounds, dim)` or `get_timestamp_embeddings(audio, model) -> (n_sounds, n_timestamps, dim), timestamps (ms)`, where
`audio` is a float32 tensor `(n_sounds, n_samples)` in [-1, 1].
"""

import functools
import hashlib
from pathlib import Path

import numpy as np
import torch

from soundcheck.embedding.families import Embedder
from soundcheck.embedding.families.support import arrays, user_code, windows
from soundcheck.plumbing.errors import SoundcheckError, described

# The user's model is called by one thread at a time, beside which audio is prepared.
THREADS = 2
ENVIRONMENT = "hear"
FRAMEWORKS = ("torch",)

FUNCTIONS = {"scene": "get_scene_embeddings", "timestamps": "get_timestamp_embeddings"}


def load(entry: dict, device: str) -> Embedder:
    """The embedder of an entry: `file` or `module`, `weights` (may be empty), `use` (a key of FUNCTIONS), `longest_s`.

    Clips go through the model one at a time and whole, since padding may change what a model returns; those
    above `longest_s` seconds (by more than a twentieth) go in pieces of equal length, whose embeddings are averaged.

    Raises:
        SoundcheckError: the file cannot be imported or lacks a function; its model does not load or declares no size.
    """
    function, name, weights = FUNCTIONS[entry["use"]], entry["name"], entry["weights"]
    if "module" in entry:
        file = entry["module"]
        module = user_code.imported_by_name(file, name)
    else:
        file = entry["file"]
        module = user_code.imported(Path(file), name)
    for needed in ("load_model", function):
        if not hasattr(module, needed):
            raise SoundcheckError(
                f"embedder {entry['name']}: {file} has no function {needed}, which the HEAR API asks for"
            )
    user_code.seed_all()
    # Found also by a module that has changed the working directory.
    given = [str(Path(weights).resolve()) if Path(weights).exists() else str(weights)] if weights else []
    try:
        with user_code.directory_kept():
            model = module.load_model(*given)
        if isinstance(model, torch.nn.Module):
            model = model.eval().to(device)
    except (Exception, SystemExit) as error:
        raise SoundcheckError(f"embedder {entry['name']}: load_model of {file} failed: {described(error)}") from error
    owner = f"embedder {entry['name']}: the model that load_model of {file} returns"
    size = f"{function.split('_')[1]}_embedding_size"
    sample_rate, dimension = (_declared(model, attribute, owner) for attribute in ("sample_rate", size))

    @torch.inference_mode()
    def forward(batch: np.ndarray) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
        user_code.seed_all()
        with user_code.directory_kept():
            result = getattr(module, function)(torch.from_numpy(batch).to(device), model)
        owner = f"embedder {entry['name']}: {function} of {file}"
        frames = _frames(result, entry["use"], dimension, owner)
        return (frames, _times_s(result[1], frames.shape[1], owner)) if entry["use"] == "timestamps" else frames

    return Embedder(
        sample_rate=sample_rate,
        dimension=dimension,
        cut=functools.partial(windows.pieces, longest=int(entry["longest_s"] * sample_rate)),
        forward=forward,
        concurrent=False,
        facts={"weights": _digest(weights), "file": f"sha256:{user_code.digest(module)}"},
    )


def _declared(model: object, attribute: str, owner: str) -> int:
    """A size that the model must declare: a whole number above 0."""
    value = getattr(model, attribute, None)
    if value is None:
        raise SoundcheckError(f"{owner} has no attribute {attribute}, which the HEAR API asks for")
    try:
        number = int(value)
    except (TypeError, ValueError):
        number = 0
    if number < 1:
        raise SoundcheckError(f"{owner} has {attribute} = {value!r}; expected a whole number above 0")
    return number


def _frames(result: object, use: str, dimension: int, owner: str) -> np.ndarray:
    """What a model returned for one clip as frames `(1, n_frames, dimension)`; a scene embedding is a single frame."""
    with_time = use == "timestamps"
    shape = f"(1, n_timestamps, {dimension})" if with_time else f"(1, {dimension})"
    expected = f"expected {shape}, for one clip and the size that the model declares"
    if with_time:
        if not isinstance(result, tuple | list) or len(result) != 2:
            raise SoundcheckError(f"{owner} returned {type(result).__name__}; expected two, embeddings and timestamps")
        result = result[0]
    if not hasattr(result, "__array__"):
        raise SoundcheckError(f"{owner} returned {type(result).__name__}, not a tensor; {expected}")
    sizes = tuple(result.shape)
    if len(sizes) != (3 if with_time else 2) or (sizes[0], sizes[-1]) != (1, dimension):
        raise SoundcheckError(f"{owner} returned a tensor of shape {sizes}; {expected}")
    try:
        return arrays.real(result).reshape(1, -1, dimension)
    except arrays.NotReal as error:
        raise SoundcheckError(f"{owner} returned {error}; expected real numbers") from error


def _times_s(timestamps: object, n_frames: int, owner: str) -> np.ndarray:
    """The timestamps `(1, n_frames)` in ms that a model gave, as times `(n_frames,)` in s."""
    if not n_frames:
        return np.zeros(0)
    try:
        times = arrays.as_array(timestamps)
    except arrays.NotReal as error:
        raise SoundcheckError(
            f"{owner} returned timestamps of {error}; expected a finite time in ms for each of the {n_frames} frames"
        ) from error
    if times.size != n_frames or times.dtype == bool or not np.isfinite(times).all():
        raise SoundcheckError(
            f"{owner} returned timestamps of {times.dtype}, of shape {times.shape}; expected a finite time in ms for "
            f"each of the {n_frames} frames"
        )
    return times.astype(np.float64).reshape(-1) / 1000


def _digest(weights: str) -> str:
    if not weights:
        return "none"
    path = Path(weights)
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}" if path.is_file() else str(weights)
