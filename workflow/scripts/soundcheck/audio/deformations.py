"""Deformation of audio in memory with audiomentations, seeded for each track."""

import random

import numpy as np

from soundcheck.audio.samples import UnusableAudioError, peak
from soundcheck.plumbing.errors import SoundcheckError


def deform(samples: np.ndarray, rate: int, transforms: list[dict], seed: int) -> np.ndarray:
    """Apply the transforms of a scenario, in order, to mono float32 `(samples,)` at `rate` Hz.

    audiomentations draws parameters from `random` and noise from NumPy's global generator, pyroomacoustics from its
    own; all are seeded here, right before the draw: the result depends on nothing but the arguments. Not thread-safe.

    Raises:
        SoundcheckError: a transform does not exist or refuses its parameters.
        UnusableAudioError: a transform cannot work on this recording, or makes values that are not finite.
    """
    if not transforms:
        return samples
    chain = _build(transforms)
    _seed_all(seed, transforms)
    try:
        deformed = chain(samples=samples.copy(), sample_rate=rate)
    except Exception as error:
        names = ", ".join(transform["type"] for transform in transforms)
        raise UnusableAudioError(f"{names} failed on this recording: {type(error).__name__}: {error}") from error
    deformed = np.ascontiguousarray(deformed, dtype=np.float32)
    if not len(deformed) or not np.isfinite(peak(deformed)):
        raise UnusableAudioError("the deformation left no finite samples")
    return deformed


def measure(clean: np.ndarray, deformed: np.ndarray) -> dict[str, float | None]:
    """What a deformation did to a recording, both mono `(samples,)`.

    Returns:
        `peak` of the deformed samples; `clipped_share`, the share of samples at or above full scale, which a
        fixed-point file would clip; and, when the lengths are equal (else None), `gain_db`, the level of the part of
        the deformed signal that is the clean one, and `snr_db`, the ratio of that part to the rest. The projection
        makes the ratio independent of a mere gain (scale-invariant SDR, Le Roux et al., ICASSP 2019).
    """
    loudest = peak(deformed)
    clipped = np.count_nonzero(np.abs(deformed) >= 1.0) / len(deformed) if loudest >= 1.0 else 0.0
    facts = {"peak": loudest, "clipped_share": clipped}
    if deformed is clean:
        return facts | {"gain_db": 0.0, "snr_db": float("inf")}
    if len(clean) != len(deformed):
        return facts | {"gain_db": None, "snr_db": None}
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


def _build(transforms: list[dict]):
    import audiomentations

    built = []
    for transform in transforms:
        kind = getattr(audiomentations, transform["type"], None)
        if kind is None:
            raise SoundcheckError(f"audiomentations {audiomentations.__version__} has no transform {transform['type']}")
        try:
            # The library's default applies a transform half of the time; a condition must be the same for every track.
            built.append(kind(**{"p": 1.0, **transform.get("params", {})}))
        except (TypeError, ValueError, AssertionError) as error:
            raise SoundcheckError(
                f"deformation {transform['type']} refuses its parameters {transform.get('params', {})}: {error}"
            ) from error
    return audiomentations.Compose(built, p=1.0)


def _seed_all(seed: int, transforms: list[dict]) -> None:
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - audiomentations draws from this generator
    if any(transform["type"] == "RoomSimulator" for transform in transforms):
        import pyroomacoustics

        pyroomacoustics.random.seed(seed)
