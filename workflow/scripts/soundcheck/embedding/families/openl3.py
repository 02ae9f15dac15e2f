"""OpenL3: windows of a second in 128 or 256 mel bands, and 512 or 6144 values; in the catalogue those of music.

Source: Cramer, Wu, Salamon, Bello, "Look, Listen and Learn More: Design Choices for Deep Audio Embeddings", ICASSP
2019. The front end is the one that the `openl3` package computes by librosa, the weights are the frozen graph of the
Essentia collection. Each window is scaled to its own loudest band, so the embedding does not change with the gain: what
OpenL3 keeps under a change of level is a property of this input, not of what was learnt.

Windows are centred on the multiples of the hop, as in `openl3` with `center=True`: the first begins half a second
before the clip, the last is the first that reaches its end. A hop of a second is Essentia's choice, `openl3` has 0.1 s.
"""

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from soundcheck.embedding.families import Embedder
from soundcheck.embedding.families.support import frozen_graphs
from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.plumbing.files import file_sha256

SAMPLE_RATE = 48_000
WINDOW = SAMPLE_RATE
FFT = 2048
HOP = 242
BANDS = 128
FRAMES = 1 + WINDOW // HOP
FLOOR_DB = 80.0
SMALLEST = 1e-10
INPUT, OUTPUT = "melspectrogram", "embeddings"


def load(entry: dict, device: str) -> Embedder:
    """The embedder of an entry with `weights` (the graph's file), `hop_s` (seconds between windows, default 1) and
    `mel_bands`, of the graph's input (default 128).

    Raises:
        SoundcheckError: TensorFlow is not installed; the file is no graph, lacks a node or refuses the patches.
    """
    owner = f"embedder {entry['name']}"
    hop = max(1, round((entry.get("hop_s") or 1.0) * SAMPLE_RATE))
    bands = int(entry.get("mel_bands") or BANDS)
    network = frozen_graphs.open_graph(entry["weights"], INPUT, OUTPUT, owner, device)
    forward = functools.partial(_forward, network, owner)
    batch_size = 4  # a processor's one thread gains nothing from more
    return Embedder(
        sample_rate=SAMPLE_RATE,
        dimension=forward(np.zeros((batch_size, bands, FRAMES), np.float32)).shape[2],
        cut=functools.partial(Patches, hop=hop, bands=bands),
        forward=forward,
        batch_size=batch_size,
        window_hop_s=hop / SAMPLE_RATE,
        facts={
            "weights": f"sha256:{file_sha256(entry['weights'])}",
            "hop_s": hop / SAMPLE_RATE,
            "windows": "centred: the first begins 0.5 s before the clip",
            "level": "each window is scaled to its loudest band",
        },
    )


@dataclass(frozen=True, eq=False)
class Patches(Sequence):
    """The mel patches `(bands, 199)` of a clip `(samples,)` at 48 kHz, made one at a time: they are larger than it."""

    samples: np.ndarray
    hop: int
    bands: int = BANDS

    def __len__(self) -> int:
        """The number of windows until one reaches the end of the clip."""
        return 1 + max(0, math.ceil((len(self.samples) - WINDOW // 2) / self.hop))

    def __getitem__(self, index: int) -> np.ndarray:
        start = range(len(self))[index] * self.hop - WINDOW // 2
        window = np.zeros(WINDOW, dtype=np.float32)
        inside = self.samples[max(0, start) : start + WINDOW]
        offset = max(0, -start)
        window[offset : offset + len(inside)] = inside
        return mel_patch(window, self.bands)


def mel_patch(window: np.ndarray, bands: int = BANDS) -> np.ndarray:
    """A second `(48000,)` as mel bands in dB below the loudest, `(bands, 199)` float32, from -80 to 0; silence is 0.

    Magnitudes of a centred transform (Hann window of 2048, hop 242, zeros outside the window) in Slaney mel bands of
    equal area; 10 log10 of them though they are no powers, as the network was trained.
    """
    # In float64: the floor lies eight decades below the maximum, out of reach of a transform in float32.
    frames = np.lib.stride_tricks.sliding_window_view(np.pad(window.astype(np.float64), FFT // 2), FFT)[::HOP]
    magnitudes = np.abs(np.fft.rfft(frames * _hann()))
    decibels = 10 * np.log10(np.maximum(SMALLEST, _filters(bands) @ magnitudes.T))
    loudest = decibels.max()
    return (np.maximum(decibels, loudest - FLOOR_DB) - loudest).astype(np.float32)


@functools.cache
def _hann() -> np.ndarray:
    return np.hanning(FFT + 1)[:-1]


@functools.cache
def _filters(bands: int) -> np.ndarray:
    import librosa

    return librosa.filters.mel(sr=SAMPLE_RATE, n_fft=FFT, n_mels=bands, dtype=np.float64)


def _forward(network: Callable, owner: str, batch: np.ndarray) -> np.ndarray:
    result = network(batch[..., None])
    if len(result) != len(batch):
        raise SoundcheckError(
            f"{owner}: the node {OUTPUT!r} returns an array of shape {result.shape} for {len(batch)} windows"
        )
    return result.reshape(len(batch), 1, -1)
