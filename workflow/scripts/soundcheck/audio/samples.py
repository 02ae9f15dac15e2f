"""Audio files as float32 arrays: decoding by libsndfile, resampling by soxr, both in memory."""

from pathlib import Path

import numpy as np

# Peaks below this are digital silence or dither of 24 bits: no representation can say anything about them.
SILENCE_PEAK = 1e-6


class UnusableAudioError(Exception):
    """This recording cannot be used; the message is the reason that the list of left-out items shows."""


def decode(path: str | Path) -> tuple[np.ndarray, int]:
    """Read a file as mono float32 `(samples,)` with its own sample rate in Hz; channels are averaged.

    Raises:
        UnusableAudioError: the file is missing, not readable as audio, empty, silent, or not finite throughout.
    """
    import soundfile

    try:
        samples, rate = soundfile.read(path, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, RuntimeError) as error:
        if not Path(path).is_file():
            raise UnusableAudioError("missing file") from error
        raise UnusableAudioError(f"not readable as audio: {str(error).replace(str(path), Path(path).name)}") from error
    if not len(samples):
        raise UnusableAudioError("empty: no samples")
    mono = _mean_of_channels(samples)
    loudest = peak(mono)
    if not np.isfinite(loudest):
        raise UnusableAudioError("samples that are not finite numbers")
    if loudest < SILENCE_PEAK:
        raise UnusableAudioError("silent: every sample is zero")
    return np.ascontiguousarray(mono), rate


def _mean_of_channels(samples: np.ndarray) -> np.ndarray:
    if samples.shape[1] == 1:
        return samples[:, 0]
    if samples.shape[1] == 2:
        # The same bits as the mean along the short axis, in a tenth of the time.
        return (samples[:, 0] + samples[:, 1]) * np.float32(0.5)
    return samples.mean(axis=1, dtype=np.float32)


def peak(samples: np.ndarray) -> float:
    """The largest magnitude of `(samples,)`; not finite where any sample is not."""
    # Both ends propagate NaN; a copy of all magnitudes would cost as much as decoding.
    return float(max(-samples.min(), samples.max()))


def resample(samples: np.ndarray, rate: int, new_rate: int) -> np.ndarray:
    """Resample mono `(samples,)` from `rate` to `new_rate` Hz with soxr's high quality; at least one sample remains."""
    if rate == new_rate:
        return samples
    import soxr

    resampled = soxr.resample(samples, rate, new_rate, quality="HQ")
    return resampled if len(resampled) else np.zeros(1, dtype=np.float32)
