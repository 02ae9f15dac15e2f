"""Deformation of audio in memory with audiomentations, seeded for each track; and what it did, measured."""

import numpy as np

from soundcheck.audio.files import UnusableAudioError
from soundcheck.audio.samples import SILENCE_PEAK, peak
from soundcheck.audio.transforms import seeded, transform
from soundcheck.plumbing.errors import SoundcheckError

# Levels of a spectrum are compared in bands of about a third of an octave, down to this far below the loudest.
_BANDS_PER_OCTAVE = 3
_LOWEST_HZ = 50.0
_SPECTRUM_RANGE_DB = 40.0
_WINDOW = 2048
# A spectrum is the mean of about so many windows, spread over the recording.
_WINDOWS = 256


def deform(samples: np.ndarray, rate: int, transforms: list[dict], seed: int) -> np.ndarray:
    """Apply the transforms of a scenario, in order, to mono float32 `(samples,)` at `rate` Hz, which stays the rate.

    The result depends on nothing but the arguments and the sounds that transforms mix in. Not thread-safe.

    Raises:
        SoundcheckError: a transform does not exist, refuses its parameters, or has a sound that cannot be used.
        UnusableAudioError: a transform cannot work on this recording, or leaves silence or values that are not finite.
    """
    if not transforms:
        return samples
    chain = _build(transforms)
    names = [transform["type"] for transform in transforms]
    try:
        with seeded(seed, names):
            deformed = chain(samples=samples.copy(), sample_rate=rate)
    except SoundcheckError:
        raise
    except UserWarning as warning:
        sound = str(warning).removeprefix("The file ").partition(" is too silent")[0]
        raise UnusableAudioError(f"the part of {sound} that was drawn for it is silent") from warning
    except Exception as error:
        reason = f"{', '.join(names)} failed on this recording: {type(error).__name__}: {error}".rstrip(": ")
        raise UnusableAudioError(reason) from error
    deformed = np.ascontiguousarray(deformed, dtype=np.float32)
    if not len(deformed) or not np.isfinite(loudest := peak(deformed)):
        raise UnusableAudioError("the deformation left no finite samples")
    if loudest < SILENCE_PEAK:
        raise UnusableAudioError("silent after the deformation: every sample is zero")
    return deformed


def check(transforms: list[dict]) -> None:
    """Build the transforms, to no other end than to learn whether that is possible.

    Raises:
        SoundcheckError: as `deform`.
    """
    if transforms:
        _build(transforms)


def measure(clean: np.ndarray, deformed: np.ndarray, rate: int, is_additive: bool = True) -> dict[str, float | None]:
    """What a deformation did to a recording, both mono `(samples,)` at `rate` Hz.

    Returns:
        `peak` of the deformed samples; `clipped_share`, the share of samples at or above full scale, which a
        fixed-point file would clip; `level_db`, the change of the root mean square; `spectrum_db`, the root mean square
        of the differences between the levels of bands (thirds of octaves, over the whole recording) once the overall
        levels are the same. Where `is_additive`, so that the deformed samples are the clean ones at some gain and
        something added, and the lengths are equal (else None): `gain_db`, that gain, and `snr_db`, the ratio of the
        clean part to what was added, by projection (scale-invariant SDR, Le Roux et al., ICASSP 2019).
    """
    loudest = peak(deformed)
    clipped = np.count_nonzero(np.abs(deformed) >= 1.0) / len(deformed) if loudest >= 1.0 else 0.0
    facts: dict[str, float | None] = {"peak": loudest, "clipped_share": clipped, "gain_db": None, "snr_db": None}
    if deformed is clean:
        return facts | {"gain_db": 0.0, "snr_db": float("inf"), "level_db": 0.0, "spectrum_db": 0.0}
    facts["level_db"] = 10 * np.log10(_power(deformed) / _power(clean)) + 0.0
    facts["spectrum_db"] = _spectral_distance(clean, deformed, rate)
    if not is_additive or len(clean) != len(deformed):
        return facts
    clean_energy = float(clean @ clean)
    scale = float(clean @ deformed) / clean_energy
    rest = deformed - np.float32(scale) * clean
    rest_energy, target_energy = float(rest @ rest), scale**2 * clean_energy
    # Rounding to float32 alone leaves about -140 dB; what lies below is the same signal.
    is_copy = rest_energy <= 1e-13 * target_energy
    with np.errstate(divide="ignore"):
        return facts | {
            "gain_db": float(20 * np.log10(abs(scale))) + 0.0,
            "snr_db": float("inf") if is_copy else float(10 * np.log10(target_energy / rest_energy)),
        }


def _power(samples: np.ndarray) -> float:
    return float(samples @ samples) / len(samples)


def _spectral_distance(clean: np.ndarray, deformed: np.ndarray, rate: int) -> float:
    """Root mean square of the differences of band levels (dB); the mean level of each has no part in it."""
    bands = [10 * np.log10(_band_powers(samples, rate)) for samples in (clean, deformed)]
    # What lies far below the loudest band is not heard, and may be digital silence.
    clean_db, deformed_db = (np.maximum(levels - levels.max(), -_SPECTRUM_RANGE_DB) for levels in bands)
    difference = deformed_db - clean_db
    return float(np.sqrt(np.mean((difference - difference.mean()) ** 2)))


def _band_powers(samples: np.ndarray, rate: int) -> np.ndarray:
    """Power in each band, above zero."""
    samples = np.pad(samples, (0, max(0, _WINDOW - len(samples))))
    n_windows = min(_WINDOWS, (len(samples) - _WINDOW) // (_WINDOW // 2) + 1)
    starts = np.linspace(0, len(samples) - _WINDOW, n_windows).astype(int)
    windows = samples[starts[:, np.newaxis] + np.arange(_WINDOW)] * np.hanning(_WINDOW).astype(np.float32)
    power = (np.abs(np.fft.rfft(windows)) ** 2).mean(axis=0)
    frequencies = np.fft.rfftfreq(_WINDOW, 1 / rate)
    n_bands = max(1, int(np.log2(max(2.0, rate / 2 / _LOWEST_HZ)) * _BANDS_PER_OCTAVE))
    edges = _LOWEST_HZ * 2 ** (np.arange(1, n_bands) / _BANDS_PER_OCTAVE)
    powers = np.bincount(np.searchsorted(edges, frequencies), power, minlength=n_bands)
    # Low bands may lie between two lines of the spectrum: they are no bands then.
    filled = np.bincount(np.searchsorted(edges, frequencies), minlength=n_bands) > 0
    return np.maximum(powers[filled], 1e-30)


def _build(transforms: list[dict]):
    import audiomentations

    built = [transform(each["type"], each.get("params", {})) for each in transforms]
    return audiomentations.Compose(built, p=1.0)
