"""A user's own model: a Python file with the HEAR API.

Source: the API of the HEAR benchmark (Turian et al., "HEAR: Holistic Evaluation of Audio Representations", 2022):
`load_model(model_file_path="") -> model` with `model.sample_rate` (Hz), and `get_scene_embeddings(audio, model) ->
(n_sounds, dim)` or `get_timestamp_embeddings(audio, model) -> (n_sounds, n_timestamps, dim), timestamps (ms)`, where
`audio` is a float32 tensor `(n_sounds, n_samples)` in [-1, 1].
"""

import functools
import hashlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import torch

from soundcheck import windows
from soundcheck.embedders import Embedder
from soundcheck.errors import SoundcheckError

FUNCTIONS = {"scene": "get_scene_embeddings", "timestamps": "get_timestamp_embeddings"}


def load(entry: dict, device: str) -> Embedder:
    """The embedder of an entry with `file`, `weights` (a path, or empty), `use` (scene, timestamps), `longest_s`.

    Clips go through the model one at a time and whole, since padding may change what a model returns; those above
    `longest_s` seconds go in pieces of equal length, whose embeddings are averaged.

    Raises:
        SoundcheckError: the file cannot be imported or lacks a function; its model does not load or declares no size.
    """
    file, function = Path(entry["file"]), FUNCTIONS[entry["use"]]
    module = _import(file, entry["name"])
    for needed in ("load_model", function):
        if not hasattr(module, needed):
            raise SoundcheckError(
                f"embedder {entry['name']}: {file} has no function {needed}, which the HEAR API asks for"
            )
    try:
        model = module.load_model(str(entry["weights"])) if entry["weights"] else module.load_model()
        if isinstance(model, torch.nn.Module):
            model = model.eval().to(device)
        sample_rate = int(model.sample_rate)
        dimension = int(getattr(model, f"{function.split('_')[1]}_embedding_size"))
    except Exception as error:
        raise SoundcheckError(
            f"embedder {entry['name']}: load_model of {file} failed: {type(error).__name__}: {error}"
        ) from error

    @torch.inference_mode()
    def forward(batch: np.ndarray) -> np.ndarray:
        result = getattr(module, function)(torch.from_numpy(batch).to(device), model)
        frames = result[0] if isinstance(result, tuple) else result[:, None]
        return frames.float().cpu().numpy()

    return Embedder(
        sample_rate=sample_rate,
        dimension=dimension,
        cut=functools.partial(windows.pieces, longest=int(entry["longest_s"] * sample_rate)),
        forward=forward,
        facts={"weights": _digest(entry["weights"]), "file": f"sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}"},
    )


def _import(file: Path, name: str) -> ModuleType:
    if not file.is_file():
        raise SoundcheckError(f"embedder {name}: there is no file {file} (a path is relative to the working directory)")
    specification = importlib.util.spec_from_file_location(f"hear_{file.stem}", file)
    module = importlib.util.module_from_spec(specification)
    # The file may import its neighbours, as it can where its author runs it.
    sys.path.insert(0, str(file.resolve().parent))
    try:
        specification.loader.exec_module(module)
    except Exception as error:
        raise SoundcheckError(f"embedder {name}: {file} cannot be imported: {type(error).__name__}: {error}") from error
    return module


def _digest(weights: str) -> str:
    if not weights:
        return "none"
    path = Path(weights)
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}" if path.is_file() else str(weights)
