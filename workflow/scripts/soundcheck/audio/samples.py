"""Audio as float32 arrays: decoding of whole files to mono, resampling by soxr, both in memory."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from soundcheck.audio.files import BLOCK, AudioFile, UnusableAudioError, opened

# Peaks below this are digital silence or dither of 24 bits: no representation can say anything about them.
SILENCE_PEAK = 1e-6
# Integers of 32 bits that are written as they are stay below this; squares of what lies above overflow.
HIGHEST_PEAK = 1e10
# A mean of channels that is softer than this share of them is what rounding leaves of channels that cancel.
CANCELLED = 1e-3


@dataclass(frozen=True)
class Recording:
    """A decoded file: mono float32 `(samples,)`, its `rate` (Hz), and what is missing of it (`note`), if anything."""

    samples: np.ndarray
    rate: int
    note: str | None = None


def read(path: str | Path) -> Recording:
    """Decode a whole file; channels are averaged. Memory grows with what is there, not with what the header says.

    Raises:
        UnusableAudioError: the file is missing, not readable as audio, empty, silent, not finite throughout, or beyond
            any level.
    """
    with opened(path) as file:
        blocks = list(mono_blocks(file))
    samples = blocks[0] if len(blocks) == 1 else np.concatenate(blocks)
    return Recording(np.ascontiguousarray(samples), file.rate, file.note)


def decode(path: str | Path) -> tuple[np.ndarray, int]:
    """The samples and the rate of `read`."""
    recording = read(path)
    return recording.samples, recording.rate


def mono_blocks(
    file: AudioFile, size: int = BLOCK, hear: Callable[[np.ndarray], None] | None = None
) -> Iterator[np.ndarray]:
    """The mean of the channels, block by block, each `(n,)`; `hear` gets the blocks of all channels.

    Raises:
        UnusableAudioError: the file is empty, silent, not finite throughout, or beyond any level.
    """
    loudest, loudest_channel = -1.0, -1.0
    for samples in file.blocks(size):
        if hear is not None:
            hear(samples)
        mono = _mean_of_channels(samples)
        highest = peak(samples)
        if not np.isfinite(highest):
            raise UnusableAudioError("samples that are not finite numbers")
        if highest > HIGHEST_PEAK:
            raise UnusableAudioError(f"samples beyond any level: up to {highest:.3g}, where full scale is 1")
        loudest_channel = max(loudest_channel, highest)
        loudest = max(loudest, peak(mono))
        yield mono
    if loudest < 0:
        raise UnusableAudioError("empty: no samples")
    if loudest_channel < SILENCE_PEAK:
        raise UnusableAudioError("silent: every sample is zero")
    if loudest < max(SILENCE_PEAK, CANCELLED * loudest_channel):
        raise UnusableAudioError("its channels cancel each other: their mean is silent")


def _mean_of_channels(samples: np.ndarray) -> np.ndarray:
    if samples.shape[1] == 1:
        return samples[:, 0]
    if samples.shape[1] == 2:
        # The same bits as the mean along the short axis, in a tenth of the time.
        return (samples[:, 0] + samples[:, 1]) * np.float32(0.5)
    return samples.mean(axis=1, dtype=np.float32)


def peak(samples: np.ndarray) -> float:
    """The largest magnitude of samples; not finite where any of them is not."""
    # Both ends propagate NaN; a copy of all magnitudes would cost as much as decoding.
    return float(max(-samples.min(), samples.max()))


def resample(samples: np.ndarray, rate: int, new_rate: int) -> np.ndarray:
    """Resample mono `(samples,)` from `rate` to `new_rate` Hz with soxr's high quality; at least one sample remains."""
    if rate == new_rate:
        return samples
    import soxr

    resampled = soxr.resample(samples, rate, new_rate, quality="HQ")
    return resampled if len(resampled) else np.zeros(1, dtype=np.float32)
