"""The contract of an embedder, and how one is loaded from its catalogue entry.

A family of models is one module in this folder with one function, `load(entry, device) -> Embedder`. The driver
(`soundcheck.embedding.driver`) does everything else for all families: decode, deform, resample, batch, pool, write.

The module has three constants, literals, so that they can be read while Snakemake builds its graph, without importing
the module: THREADS, of a job; ENVIRONMENT, the conda environment `envs/<environment>.yaml`, unless an entry names
another; FRAMEWORKS, of which the first that is installed is asked whether there is a GPU (none: it uses no GPU).
"""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from types import ModuleType

import numpy as np

from soundcheck.plumbing.errors import SoundcheckError


@dataclass(frozen=True)
class Embedder:
    """What the driver must know of a model.

    `cut` turns a clip `(samples,)` at `sample_rate` Hz into windows: stretches of samples, or what a front end makes of
    them, such as patches of a mel spectrogram `(frames, bands)`. `forward` maps a batch of windows of equal shape
    `(batch, *window)` float32 to frames `(batch, frames, dimension)`. It always gets exactly `batch_size` windows, the
    last batch filled up with zeros, so that a window's embedding depends on its neighbours by rounding at most (a
    multiple of 12 suits the tiles of most kernels, at any place of which they then round alike); fewer where the memory
    of a GPU holds no more. With `batch_size` 1 the windows may differ in length. `n_layers` layers lie side by side in
    a frame, each `dimension / n_layers` values, from the input to the output.

    `forward` may also return a pair, for one window: the frames, and their times (n_frames,), in s from its start. Else
    a frame's time, at its centre, is `first_s` after the start of its window, and `hop_s` more for each frame before it
    in the window (None: not known). Windows start every `window_hop_s`, or lie end to end where that is None.

    `in_workers` says that `forward` is plain NumPy, and runs best in the processes that decode; `concurrent` that
    several threads may call it at once.
    """

    sample_rate: int
    dimension: int
    cut: Callable[[np.ndarray], Sequence[np.ndarray]]
    forward: Callable[[np.ndarray], np.ndarray]
    batch_size: int = 1
    n_layers: int = 1
    first_s: float = 0.0
    hop_s: float | None = None
    window_hop_s: float | None = None
    pooling: str = "mean"
    in_workers: bool = False
    concurrent: bool = True
    facts: dict = field(default_factory=dict)

    @property
    def pooled_dimension(self) -> int:
        """The size of a row of the embeddings' file: a track's pooled vector, or a frame where there is no pooling."""
        return self.dimension * (2 if self.pooling == "mean_std" else 1)

    def frame_times(
        self, window: int, samples_before: int, n_frames: int, own_s: np.ndarray | None = None
    ) -> np.ndarray:
        """Times (s) of a window's frames, given its place and the samples in those before it; NaN where not known.

        `own_s` are those that the model itself gave them.
        """
        end_to_end = self.window_hop_s is None
        start = samples_before / self.sample_rate if end_to_end else window * self.window_hop_s
        if own_s is not None:
            return start + own_s
        hop_s = self.hop_s if self.hop_s is not None or n_frames == 1 else np.nan
        return start + self.first_s + (hop_s or 0.0) * np.arange(n_frames)


def family_of(entry: dict) -> ModuleType:
    """The module of the family of a catalogue entry."""
    return importlib.import_module(f"soundcheck.embedding.families.{entry['family']}")


def load(entry: dict, device: str) -> Embedder:
    """Load the embedder that a catalogue entry describes; `device` is `cpu` or `cuda`.

    Raises:
        SoundcheckError: its weights or its module cannot be used, or the model takes audio of another `sample_rate`
            than the entry says.
    """
    embedder = family_of(entry).load(entry, device)
    declared = entry.get("sample_rate") or embedder.sample_rate
    if declared != embedder.sample_rate:
        raise SoundcheckError(
            f"embedder {entry['name']}: its entry says sample_rate {declared}, but the model takes audio at "
            f"{embedder.sample_rate} Hz: correct it, or, if you mean these weights, set "
            f"`options: {{sample_rate: {embedder.sample_rate}}}` next to your own `weights`"
        )
    return embedder
