"""The mel spectrograms that the TensorFlow models of Essentia's collection take.

Source: the algorithms TensorflowInputVGGish, ...MusiCNN, ...FSDSINet and ...TempoCNN of Essentia (Alonso-Jimenez et
al., "TensorFlow Audio Models in Essentia", ICASSP 2020), framed as by its FrameCutter: frames are centred on the
multiples of a hop, with zeros beyond both ends, up to the first that is not before the end.

Essentia adds noise of an amplitude of 1e-10 to frames below -100 dB, which shows in VGGish as 1e-6, and brings such
frames at the very beginning of a clip out of place; this does neither.
"""

import functools

import numpy as np

# Frames in a matrix product, always as many: another number would take other kernels, and round differently.
_BLOCK = 512
# What that noise comes to in a band of FSD-SINet, which has no other floor: the mean of its logarithm.
_NOISE = np.float32(5e-18)


def musicnn(samples: np.ndarray) -> np.ndarray:
    """log10(1 + 10,000 x) of the power x in 96 Slaney bands of equal area from 0 to 8000 Hz: `(frames, 96)`.

    Audio `(n,)` at 16 kHz; frames of 512 samples every 256.
    """
    bands = _slaney_bands(16_000, 512, 96, 0, 8000, "slaney")
    return np.log10(1 + 10_000 * _bands(samples, np.hanning(512), 256, bands, power=True))


def vggish(samples: np.ndarray) -> np.ndarray:
    """log(x + 0.01) of the magnitude x in 64 bands of HTK's mel scale from 125 to 7500 Hz: `(frames, 64)`.

    Audio `(n,)` at 16 kHz; frames of 400 samples every 160.
    """
    return np.log(_bands(samples, np.hanning(400), 160, _htk_bands(), power=False) + np.float32(0.01))


def fsdsinet(samples: np.ndarray) -> np.ndarray:
    """log10(x) of the power x in 96 Slaney bands of height one from 50 to 10,500 Hz: `(frames, 96)`.

    Audio `(n,)` at 22.05 kHz; frames of 660 samples every 220, in a periodic Hamming window.
    """
    bands = _slaney_bands(22_050, 2048, 96, 50, 10_500, None)
    return np.log10(np.maximum(_bands(samples, np.hamming(661)[:-1], 220, bands, power=True), _NOISE))


def tempocnn(samples: np.ndarray) -> np.ndarray:
    """Magnitudes in 40 Slaney bands of equal area from 20 to 5000 Hz: `(frames, 40)`.

    Audio `(n,)` at 11.025 kHz; frames of 1024 samples every 512.
    """
    bands = _slaney_bands(11_025, 1024, 40, 20, 5000, "slaney")
    return _bands(samples, np.hanning(1024), 512, bands, power=False)


def _bands(samples: np.ndarray, window: np.ndarray, hop: int, filters: np.ndarray, power: bool) -> np.ndarray:
    """Sums over the bins in each band, `(frames, bands)` float32, a block of frames at a time."""
    from scipy.fft import rfft

    frame, size = len(window), 2 * (len(filters) - 1)
    n_frames = -(-len(samples) // hop) + 1
    n_blocks = -(-n_frames // _BLOCK)
    padded = np.zeros(n_blocks * _BLOCK * hop + frame, dtype=np.float32)
    padded[frame // 2 : frame // 2 + len(samples)] = samples
    frames = np.lib.stride_tricks.sliding_window_view(padded, frame)[::hop]
    window = window.astype(np.float32)
    found = np.empty((n_blocks * _BLOCK, filters.shape[1]), dtype=np.float32)
    for start in range(0, len(found), _BLOCK):
        spectrum = rfft(frames[start : start + _BLOCK] * window, size)
        squares = spectrum.real**2 + spectrum.imag**2
        found[start : start + _BLOCK] = (squares if power else np.sqrt(squares)) @ filters
    return found[:n_frames]


@functools.cache
def _slaney_bands(rate: int, size: int, bands: int, lowest: float, highest: float, norm: str | None) -> np.ndarray:
    """Triangles of librosa, whose sides are straight in Hz: `(1 + size / 2, bands)`."""
    import librosa

    return librosa.filters.mel(sr=rate, n_fft=size, n_mels=bands, fmin=lowest, fmax=highest, norm=norm).T.copy()


@functools.cache
def _htk_bands() -> np.ndarray:
    """Triangles of height one whose sides are straight in mel, where librosa's are straight in Hz: `(257, 64)`."""
    lowest, highest = _mel(125), _mel(7500)
    bins, width = _mel(np.linspace(0, 8000, 257))[:, None], (highest - lowest) / 65
    centres = lowest + width * np.arange(1, 65)
    return np.maximum(0, 1 - np.abs(bins - centres) / width).astype(np.float32)


def _mel(hertz: float | np.ndarray) -> float | np.ndarray:
    return 1127 * np.log1p(np.asarray(hertz) / 700)
