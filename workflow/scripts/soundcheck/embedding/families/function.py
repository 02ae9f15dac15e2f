"""A researcher's own model: a plain Python function in a file.

`f(samples, sample_rate) -> vector`, where `samples` is a float32 array `(n_samples,)` in [-1, 1] at `sample_rate` Hz,
and the vector an array `(dim,)`, or frames `(n_frames, dim)`.
"""

import functools
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np

from soundcheck.embedding.families import Embedder
from soundcheck.embedding.families.support import arrays, user_code, windows
from soundcheck.plumbing.errors import SoundcheckError, described, nearest
from soundcheck.plumbing.files import file_sha256

# The user's function is called by one thread at a time, beside which audio is prepared.
THREADS = 2
ENVIRONMENT = "hear"
FRAMEWORKS = ("torch", "tensorflow", "onnxruntime")


class WrongResult(Exception):
    """What a function returned is not a vector, or has another size: the clip is then left out."""


def load(entry: dict, device: str) -> Embedder:
    """The embedder of an entry with `file`, `function` (its name there), `sample_rate` (Hz), `longest_s`.

    Clips go through the function one at a time and whole; those above `longest_s` seconds (by more than a twentieth) go
    in pieces of equal length, whose frames are averaged. The size of the vectors is what the function returns for a
    second of quiet noise.

    Raises:
        SoundcheckError: the file cannot be imported or lacks the function, or the function fails or returns no vector.
    """
    file, rate = Path(entry["file"]), user_code.sample_rate(entry)
    module = user_code.imported(file, entry["name"])
    function = _function(module, entry["function"], file, entry["name"])
    owner = f"{entry['function']} of {file}"

    def frames_of(samples: np.ndarray) -> np.ndarray:
        user_code.seed_all()
        with user_code.directory_kept():
            return _frames(function(samples, rate), owner)

    dimension = _dimension(frames_of, rate, owner, entry["name"])

    def forward(batch: np.ndarray) -> np.ndarray:
        frames = frames_of(batch[0])
        if frames.shape[1] != dimension:
            raise WrongResult(f"{owner} returned {frames.shape[1]} values; for a second of quiet noise {dimension}")
        return frames[None]

    return Embedder(
        sample_rate=rate,
        dimension=dimension,
        cut=functools.partial(windows.pieces, longest=int(entry.get("longest_s", 30) * rate)),
        forward=forward,
        concurrent=False,
        facts={"weights": "none", "file": f"sha256:{file_sha256(file)}"},
    )


def _function(module: ModuleType, function: str, file: Path, name: str) -> Callable:
    found = getattr(module, function, None)
    if not callable(found):
        own = [key for key, value in vars(module).items() if callable(value) and not key.startswith("_")]
        raise SoundcheckError(f"embedder {name}: {file} has no function {function!r}{nearest(function, own)}")
    return found


def _dimension(frames_of: Callable, rate: int, owner: str, name: str) -> int:
    noise = 1e-3 * np.random.default_rng(0).standard_normal(rate, dtype=np.float32)
    try:
        frames = frames_of(noise)
    except WrongResult as error:
        raise SoundcheckError(f"embedder {name}: {error}") from error
    except (Exception, SystemExit) as error:
        reason = described(error)
        raise SoundcheckError(f"embedder {name}: {owner} failed on a second of quiet noise: {reason}") from error
    if not frames.size:
        raise SoundcheckError(
            f"embedder {name}: {owner} returned an empty array, of shape {frames.shape}, for a second of quiet noise"
        )
    return frames.shape[1]


def _frames(result: object, owner: str) -> np.ndarray:
    """What a function returned for one clip as frames `(n_frames, dim)`; a vector is a single frame."""
    expected = "expected an array of numbers, (dim,) or (n_frames, dim)"
    try:
        array = arrays.as_array(result)
    except arrays.NotReal as error:
        raise WrongResult(f"{owner} returned {error}; {expected}") from error
    if array.ndim not in (1, 2):
        raise WrongResult(f"{owner} returned an array of {array.dtype}, of shape {array.shape}; {expected}")
    return np.atleast_2d(arrays.real(array))
