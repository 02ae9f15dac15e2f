"""The logarithmic mel spectrograms that Essentia's TensorFlow models take, of audio at 16 kHz.

Source: the algorithms TensorflowInputVGGish and TensorflowInputMusiCNN of Essentia (Alonso-Jimenez et al., "TensorFlow
Audio Models in Essentia", ICASSP 2020), framed as by its FrameGenerator. Essentia adds noise of -100 dB to silent
frames, which shows in VGGish as 1e-6; this does not.
"""

import functools

import numpy as np

SAMPLE_RATE = 16_000
N_FFT = 512
# Frames in a matrix product, always as many: another number would take other kernels, and round differently.
_BLOCK = 512


def musicnn(samples: np.ndarray) -> np.ndarray:
    """log10(1 + 10,000 x) of the power x in 96 Slaney bands of equal area from 0 to 8000 Hz: `(frames, 96)`.

    Frames of 512 samples `(n,)` are centred on the multiples of 256, up to the first that is not before the end.
    """
    return np.log10(1 + 10_000 * _bands(samples, 512, 256, _slaney_bands(), power=True))


def vggish(samples: np.ndarray) -> np.ndarray:
    """log(x + 0.01) of the magnitude x in 64 bands of HTK's mel scale from 125 to 7500 Hz: `(frames, 64)`.

    Frames of 400 samples `(n,)` are centred on the multiples of 160, up to the first that is not before the end.
    """
    return np.log(_bands(samples, 400, 160, _htk_bands(), power=False) + np.float32(0.01))


def _bands(samples: np.ndarray, frame: int, hop: int, filters: np.ndarray, power: bool) -> np.ndarray:
    """Sums over the bins in each band, `(frames, bands)` float32, a block of frames at a time."""
    from scipy.fft import rfft

    n_frames = -(-len(samples) // hop) + 1
    n_blocks = -(-n_frames // _BLOCK)
    padded = np.zeros(n_blocks * _BLOCK * hop + frame, dtype=np.float32)
    padded[frame // 2 : frame // 2 + len(samples)] = samples
    frames = np.lib.stride_tricks.sliding_window_view(padded, frame)[::hop]
    window = np.hanning(frame).astype(np.float32)
    found = np.empty((n_blocks * _BLOCK, filters.shape[1]), dtype=np.float32)
    for start in range(0, len(found), _BLOCK):
        spectrum = rfft(frames[start : start + _BLOCK] * window, N_FFT)
        squares = spectrum.real**2 + spectrum.imag**2
        found[start : start + _BLOCK] = (squares if power else np.sqrt(squares)) @ filters
    return found[:n_frames]


@functools.cache
def _slaney_bands() -> np.ndarray:
    import librosa

    return librosa.filters.mel(sr=SAMPLE_RATE, n_fft=N_FFT, n_mels=96).T.copy()


@functools.cache
def _htk_bands() -> np.ndarray:
    """Triangles of height one whose sides are straight in mel, where librosa's are straight in Hz: `(257, 64)`."""
    lowest, highest = _mel(125), _mel(7500)
    bins, width = _mel(np.linspace(0, SAMPLE_RATE / 2, N_FFT // 2 + 1))[:, None], (highest - lowest) / 65
    centres = lowest + width * np.arange(1, 65)
    return np.maximum(0, 1 - np.abs(bins - centres) / width).astype(np.float32)


def _mel(hertz: float | np.ndarray) -> float | np.ndarray:
    return 1127 * np.log1p(np.asarray(hertz) / 700)
