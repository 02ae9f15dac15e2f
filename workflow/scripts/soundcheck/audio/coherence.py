"""Whether two recordings are one, by their samples: copies stay in phase, whatever their level, and other takes do not.

It finds what levels cannot: copies that are cut within a frame, faded, or mixed with noise.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from soundcheck.audio import samples as audio

# The samples of both recordings are at this rate (Hz).
RATE = 8000
# Shorter sounds of one pitch are in phase by chance: tones of 0.1 s reach 0.98.
SHORTEST_S = 0.25
# Measured on the 18,700 pairs of 1,480 different notes that share keys: the most coherent has 0.957, one in a thousand
# 0.895. Copies have more than 0.98, with noise at 20 dB mostly more than 0.97.
MIN_COHERENCE = 0.97
# What is looked for first, in the loudest place, and how coherent it must be to be looked at as a whole.
_PROBE = 2 * RATE
_PLACES = 4
_PROMISING = 0.8
# Levels are equal for so many samples, also where a recording is faded.
_WINDOW = 512
# Of one of the recordings, this share of its energy must be in what both have in common.
_MIN_SHARE = 0.5
_LONGEST = 60 * RATE
# Samples of recordings that are kept decoded.
_KEPT = 1 << 26


class Sounds:
    """The recordings of a dataset at `RATE`, decoded when they are asked for, by their numbers."""

    def __init__(self, paths: Sequence[str | Path]) -> None:
        self._paths = paths
        self._kept: OrderedDict[int, np.ndarray] = OrderedDict()

    def __getitem__(self, number: int) -> np.ndarray:
        """Mono float32 `(samples,)`."""
        if number not in self._kept:
            samples, rate = audio.decode(self._paths[number])
            self._kept[number] = audio.resample(samples, rate, RATE)
            while len(self._kept) > 2 and sum(map(len, self._kept.values())) > _KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(number)
        return self._kept[number]


@dataclass(frozen=True)
class InPhase:
    """Where two recordings coincide: sample j of the other is sample j + `lag` of the one; over `n` samples."""

    coherence: float
    lag: int
    n: int


def in_phase(one: np.ndarray, other: np.ndarray, lag: int, leeway: int) -> InPhase | None:
    """Compare two recordings, mono `(samples,)`, near a lag, up to `leeway` samples away; None: they are not one.

    The coherence is the mean correlation of short windows, of the samples and of their differences, whichever is lower:
    the former are ruled by the lowest partials, which two takes of a note may share, the latter by the higher ones.
    """
    if len(other) > len(one):
        found = in_phase(other, one, -lag, leeway)
        return found and replace(found, lag=-found.lag)
    for place in _promising(one, other, lag, leeway):
        found = _at(one, other, place)
        if found:
            return found
    return None


def _at(one: np.ndarray, other: np.ndarray, lag: int) -> InPhase | None:
    """The comparison at one lag."""
    first, last = max(lag, 0), min(lag + len(other), len(one))
    if last - first < SHORTEST_S * RATE:
        return None
    a, b = one[first:last], other[first - lag : last - lag]
    if max(_energy(a) / _energy(one), _energy(b) / _energy(other)) < _MIN_SHARE:
        return None
    a, b = a[:_LONGEST], b[:_LONGEST]
    # A cut lies between two samples of the lower rate.
    found = max(_coherence(a, _shifted(b, step / 8)) for step in range(-5, 6))
    return InPhase(round(found, 3), lag, last - first) if found >= MIN_COHERENCE else None


def _energy(samples: np.ndarray) -> float:
    return float(samples @ samples) + 1e-20


def _promising(one: np.ndarray, other: np.ndarray, lag: int, leeway: int) -> list[int]:
    """The lags at which the loudest place of what both have in common is most alike, the most promising first.

    There may be several: a tone that decays is alike after each of its periods.
    """
    first, last = max(lag, 0), min(lag + len(other), len(one))
    if last - first < SHORTEST_S * RATE:
        return []
    common = other[first - lag : last - lag]
    size = min(_PROBE, len(common))
    begin = first - lag + _loudest(common, size)
    probe = other[begin : begin + size]
    # Where it may lie in the one; beyond its ends there is silence.
    around = begin + lag - leeway
    heard = one[max(0, around) : max(0, around + size + 2 * leeway)]
    heard = np.pad(heard, (max(0, -around), max(0, size + 2 * leeway - len(heard) - max(0, -around))))
    # What a shorter transform wraps around lies behind the lags that are looked at.
    length = 1 << (len(heard) - 1).bit_length()
    spectrum = np.fft.rfft(heard, length) * np.conj(np.fft.rfft(probe, length))
    products = np.fft.irfft(spectrum, length)[: 2 * leeway + 1]
    sums = np.concatenate([[0.0], np.cumsum(heard.astype(np.float64) ** 2)])
    energies = sums[size : size + 2 * leeway + 1] - sums[: 2 * leeway + 1]
    # In silence, rounding would be alike.
    alike = np.abs(products) / np.sqrt(np.maximum(energies, 1e-4 * energies.max() + 1e-20) * _energy(probe))
    higher = np.diff(np.pad(alike, 1)) > 0
    peaks = np.flatnonzero(higher[:-1] & ~higher[1:] & (alike >= _PROMISING))
    best = peaks[np.argsort(-alike[peaks], kind="stable")[:_PLACES]]
    return (around + best - begin).tolist()


def _loudest(samples: np.ndarray, size: int) -> int:
    """Where the loudest `size` samples begin, to a few milliseconds."""
    step = size // 16
    windows = samples[: len(samples) // step * step].reshape(-1, step)
    sums = np.concatenate([[0.0], np.cumsum(np.einsum("ij,ij->i", windows, windows))])
    return int(np.argmax(sums[16:] - sums[:-16])) * step


def _coherence(a: np.ndarray, b: np.ndarray) -> float:
    return min(_mean_correlation(a, b), _mean_correlation(np.diff(a), np.diff(b)))


def _mean_correlation(a: np.ndarray, b: np.ndarray) -> float:
    """The mean over windows, weighted by their levels; of one sign, so that what drifts apart is not alike."""
    n = len(a) // _WINDOW * _WINDOW
    a, b = a[:n].reshape(-1, _WINDOW), b[:n].reshape(-1, _WINDOW)
    products = np.einsum("ij,ij->i", a, b)
    levels = np.sqrt(np.einsum("ij,ij->i", a, a) * np.einsum("ij,ij->i", b, b))
    return float(abs(products.sum()) / max(levels.sum(), 1e-20))


def _shifted(samples: np.ndarray, shift: float) -> np.ndarray:
    """Delayed by a part of a sample."""
    length = 1 << (len(samples) + 63).bit_length()
    spectrum = np.fft.rfft(samples, length)
    delay = np.exp(-2j * np.pi * shift / length * np.arange(len(spectrum)))
    return np.fft.irfft(spectrum * delay, length)[: len(samples)]
