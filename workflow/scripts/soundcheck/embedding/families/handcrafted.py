"""Handcrafted features by librosa: the baselines that need no training.

Each is a sequence of frames at 22,050 Hz (window 2048, hop 512 samples), pooled into mean and deviation over time.
"""

import functools
import os
import tempfile
import warnings

import numpy as np

from soundcheck.embedding.families import Embedder
from soundcheck.embedding.families.support import windows
from soundcheck.plumbing.errors import SoundcheckError, nearest

SAMPLE_RATE = 22_050
WINDOW = 2048
HOP = 512
# Long recordings are cut into pieces of at most this length, so that memory stays bounded.
LONGEST_PIECE_S = 60


def mfcc(power: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """20 MFCCs of a log-mel spectrogram, their first and second differences in time: `(60, frames)`."""
    import librosa

    coefficients = librosa.feature.mfcc(S=librosa.power_to_db(_mel_power(power)), n_mfcc=20)
    deltas = [librosa.feature.delta(coefficients, order=order, mode="nearest") for order in (1, 2)]
    return np.concatenate([coefficients, *deltas])


def mel(power: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """128 log-mel bands in dB: `(128, frames)`."""
    import librosa

    return librosa.power_to_db(_mel_power(power))


def chroma(power: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Constant-Q chroma, A4 = 440 Hz, 36 bins an octave, 7 octaves from C1, frames' maximum 1: `(12, frames)`."""
    import librosa

    transform = np.abs(
        librosa.cqt(samples, sr=SAMPLE_RATE, hop_length=HOP, bins_per_octave=36, n_bins=7 * 36, tuning=0.0)
    )
    return librosa.feature.chroma_cqt(C=transform, sr=SAMPLE_RATE, bins_per_octave=36, n_octaves=7, tuning=0.0)


def spectral(power: np.ndarray, samples: np.ndarray) -> np.ndarray:
    """Centroid, bandwidth, roll-off (85, 95 %), flatness, 7 contrasts, zero crossings, level, flux: `(15, frames)`."""
    import librosa

    magnitude = np.sqrt(power)
    options = {"S": magnitude, "sr": SAMPLE_RATE}
    log_mel = librosa.power_to_db(_mel_power(power))
    flux = np.maximum(0.0, np.diff(log_mel, axis=1, prepend=log_mel[:, :1])).mean(axis=0, keepdims=True)
    level = librosa.power_to_db(power.mean(axis=0, keepdims=True))
    return np.concatenate(
        [
            librosa.feature.spectral_centroid(**options),
            librosa.feature.spectral_bandwidth(**options),
            librosa.feature.spectral_rolloff(**options, roll_percent=0.85),
            librosa.feature.spectral_rolloff(**options, roll_percent=0.95),
            librosa.feature.spectral_flatness(S=magnitude),
            librosa.feature.spectral_contrast(**options),
            librosa.feature.zero_crossing_rate(samples, frame_length=WINDOW, hop_length=HOP),
            level,
            flux,
        ]
    )


FEATURES = {"mfcc": (mfcc, 60), "mel": (mel, 128), "chroma": (chroma, 12), "spectral": (spectral, 15)}


def load(entry: dict, device: str) -> Embedder:
    """The embedder of an entry with `features`: one of mfcc, mel, chroma, spectral.

    Raises:
        SoundcheckError: there are no features of this name.
    """
    name = entry["features"]
    if name not in FEATURES:
        raise SoundcheckError(f"handcrafted features {name!r} do not exist{nearest(name, FEATURES)}")
    _keep_filters()
    extract, dimension = FEATURES[name]
    return Embedder(
        sample_rate=SAMPLE_RATE,
        dimension=dimension,
        cut=functools.partial(windows.pieces, longest=LONGEST_PIECE_S * SAMPLE_RATE),
        forward=functools.partial(_forward, extract),
        hop_s=HOP / SAMPLE_RATE,
        pooling="mean_std",
        in_workers=True,
        facts={"weights": "none"},
    )


def _keep_filters() -> None:
    """Let librosa keep the filters of a constant-Q transform, whose making takes longer than their use on a short clip.

    It keeps them in a folder, named before it is imported, which is removed when this process ends.
    """
    if "LIBROSA_CACHE_DIR" not in os.environ:
        _kept.append(tempfile.TemporaryDirectory(prefix="librosa-"))
        os.environ["LIBROSA_CACHE_DIR"] = _kept[0].name


_kept: list[tempfile.TemporaryDirectory] = []


def _forward(extract, batch: np.ndarray) -> np.ndarray:
    import librosa

    samples = batch[0]
    with warnings.catch_warnings():
        # A clip shorter than a window is zero-padded, which is what is wanted.
        warnings.filterwarnings("ignore", message="n_fft=.* is too large")
        power = np.abs(librosa.stft(samples, n_fft=WINDOW, hop_length=HOP)) ** 2
        return extract(power, samples).T[None].astype(np.float32)


def _mel_power(power: np.ndarray) -> np.ndarray:
    import librosa

    return librosa.feature.melspectrogram(S=power, sr=SAMPLE_RATE, n_mels=128)
