"""Transforms of audiomentations as Soundcheck applies them.

What is changed: those that would leave another sample rate than they were given do not, an MP3 of any rate is possible,
sounds that are mixed in are decoded as recordings are, and all that is drawn at random is drawn from one seed.
"""

import functools
import random
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from soundcheck.audio import samples as audio
from soundcheck.audio.files import UnusableAudioError, header
from soundcheck.audio.sounds import sound_files
from soundcheck.plumbing.errors import SoundcheckError

# The sample rates of MP3 (MPEG 1, 2 and 2.5).
MP3_RATES = (8000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)
# TimeStretch would fill with silence what it has made shorter, and cut what it has made longer.
DEFAULTS: dict[str, dict[str, Any]] = {"TimeStretch": {"leave_length_unchanged": False}}


def transform(name: str, parameters: dict[str, Any]) -> Any:
    """The transform of that name, applied always unless `p` says otherwise.

    Raises:
        SoundcheckError: there is none, it refuses its parameters, or a sound that it draws from cannot be used.
    """
    import audiomentations

    kind = _adapted().get(name) or getattr(audiomentations, name, None)
    if kind is None:
        raise SoundcheckError(f"audiomentations {audiomentations.__version__} has no transform {name}")
    sounds = {key: _checked(name, value) for key, value in parameters.items() if key.endswith("_path")}
    try:
        # The library's default applies a transform half of the time; a condition must be the same for every track.
        return kind(**({"p": 1.0} | DEFAULTS.get(name, {}) | parameters | sounds))
    except (TypeError, ValueError, AssertionError) as error:
        why = str(error) or "a value is out of its range"
        raise SoundcheckError(f"deformation {name} refuses its parameters {parameters}: {why}") from error


@functools.cache
def _adapted() -> dict[str, type]:
    """The transforms that are changed, by name. The library is slow to import, and clean audio does not need it."""
    import audiomentations

    class Resample(audiomentations.Resample):
        """What a lower sample rate leaves of a recording, whose own rate, pitch and length stay."""

        def apply(self, samples: np.ndarray, sample_rate: int) -> np.ndarray:
            low = super().apply(samples, sample_rate)
            return _fitted(audio.resample(low, self.parameters["target_sample_rate"], sample_rate), len(samples))

    class Mp3Compression(audiomentations.Mp3Compression):
        """MP3 and back, at another sample rate in between where MP3 has not the recording's own."""

        def apply(self, samples: np.ndarray, sample_rate: int) -> np.ndarray:
            if sample_rate in MP3_RATES:
                return super().apply(samples, sample_rate)
            rate = mp3_rate(sample_rate)
            decoded = super().apply(audio.resample(samples, sample_rate, rate), rate)
            back = audio.resample(np.ascontiguousarray(decoded, dtype=np.float32), rate, sample_rate)
            return back if self.preserve_delay else _fitted(back, len(samples))

    class AddBackgroundNoise(audiomentations.AddBackgroundNoise):
        """With the lengths of its sounds by what is there."""

        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.time_info_arr = np.array([_duration_s(path) for path in self.sound_file_paths])

    return {kind.__name__: kind for kind in (Resample, Mp3Compression, AddBackgroundNoise)}


def mp3_rate(rate: int) -> int:
    """The rate of MP3 nearest above, which loses nothing; where there is none, 44.1 or 48 kHz, as `rate` is a multiple
    of the one or not."""
    if rate > MP3_RATES[-1]:
        return 44_100 if rate % 44_100 == 0 else 48_000
    return next(possible for possible in MP3_RATES if possible >= rate)


@contextmanager
def seeded(seed: int, names: Sequence[str]) -> Iterator[None]:
    """All that the transforms of these names draw at random follows from the seed.

    audiomentations draws parameters from `random` and noise from NumPy's global generator, pyroomacoustics from its
    own, and python_stretch draws phases for each of its objects, which audiomentations makes without a seed.
    """
    import python_stretch
    from audiomentations.augmentations import add_background_noise, add_short_noises, apply_impulse_response

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - audiomentations draws from this generator
    if "RoomSimulator" in names:
        import pyroomacoustics

        pyroomacoustics.random.seed(seed)
    stretch = functools.partial(python_stretch.Signalsmith.Stretch, seed)
    with ExitStack() as replaced:
        replaced.enter_context(_replaced(python_stretch.Signalsmith, "Stretch", stretch))
        for module in (add_background_noise, add_short_noises, apply_impulse_response):
            replaced.enter_context(_replaced(module, "load_sound_file", _load))
        replaced.enter_context(warnings.catch_warnings())
        warnings.filterwarnings("error", message=".*too silent to be added")
        yield


@contextmanager
def _replaced(owner: Any, name: str, value: Any) -> Iterator[None]:
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


def _checked(owner: str, paths: str | Sequence[str]) -> list[str]:
    """The sounds that a transform draws from, in one order on every disk; each can be opened."""
    found = sound_files(paths)
    if not found:
        raise SoundcheckError(f"{owner}: there is no audio in {paths!r}")
    for path in found:
        try:
            _duration_s(path)
        except UnusableAudioError as reason:
            raise SoundcheckError(f"{owner}: its sound {path} cannot be used: {reason}") from reason
    return found


@functools.cache
def _duration_s(path: str) -> float:
    duration_s = header(path).duration_s
    if duration_s is None:
        samples, rate = audio.decode(path)
        duration_s = len(samples) / rate
    return duration_s


@functools.lru_cache(maxsize=8)
def _decoded(path: str) -> tuple[np.ndarray, int]:
    return audio.decode(path)


def _load(
    file_path: str, sample_rate: int, mono: bool = True, offset: float = 0.0, duration: float | None = None
) -> tuple[np.ndarray, int]:
    """In the place of audiomentations' own: a sound `(samples,)`, or a part of it (s), at `sample_rate` Hz.

    Raises:
        SoundcheckError: the sound cannot be used.
    """
    try:
        samples, rate = _decoded(str(file_path))
    except UnusableAudioError as reason:
        raise SoundcheckError(f"the sound {file_path} cannot be used: {reason}") from reason
    first = min(int(offset * rate), len(samples) - 1)
    last = len(samples) if duration is None else first + max(1, int(duration * rate))
    return audio.resample(samples[first:last].copy(), rate, sample_rate), sample_rate


def _fitted(samples: np.ndarray, length: int) -> np.ndarray:
    """Cut, or filled with zeros at the end, to a length: resampling there and back may round it."""
    return np.pad(samples[:length], (0, max(0, length - len(samples))))
