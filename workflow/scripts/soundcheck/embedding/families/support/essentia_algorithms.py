"""What Essentia's algorithms do between a clip and the network: levels, frames, patches, and the order of the axes.

Source: the algorithms TensorflowPredictVGGish, ...MusiCNN, ...EffnetDiscogs, ...MAEST, ...FSDSINet, ...TempoCNN and
...CREPE of Essentia (Alonso-Jimenez et al., "TensorFlow Audio Models in Essentia", ICASSP 2020). Those that take a mel
spectrogram cut it into patches of so many frames every so many; what lies after the last whole patch is not used. CREPE
takes the samples themselves, in frames centred on the multiples of a hop. TensorflowPredict is Essentia's for whatever
graph there is; here it takes windows of samples.

A clip that is too short for one patch, for which Essentia returns nothing, is made as long as one: repeated, as
Essentia's own option `lastPatchMode="repeat"` does with its frames; for MAEST followed by silence, which is what the
feature extractor of its model card does.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from soundcheck.embedding.families.support import log_mel, windows

# Algorithms of Essentia that take no audio, or only make something of another's output, and what to do.
NOT_EMBEDDERS = {
    "TensorflowPredict2D": "is for a classification head, which takes the embeddings of another model and no audio; "
    "name the model that its file is named after (such as discogs-effnet) as the embedder: a probe is trained in the "
    "place of the head",
    "TempoCNN": "makes a tempo of what a network returns; name TensorflowPredictTempoCNN, which returns it as it is",
    "PitchCREPE": "makes a pitch of what a network returns; name TensorflowPredictCREPE, which returns it as it is",
}


def as_it_is(batch: np.ndarray) -> np.ndarray:
    """The batch."""
    return batch


def with_a_channel(batch: np.ndarray) -> np.ndarray:
    """A batch with one more axis, at the end."""
    return batch[..., None]


def standardised(batch: np.ndarray) -> np.ndarray:
    """Each item of a batch less its mean, over its deviation; a constant item, which has none, becomes zeros.

    For silence Essentia returns NaN (CREPE) or what it makes of its own noise (TempoCNN).
    """
    items = batch.reshape(len(batch), -1)
    centred = items - items.mean(axis=1, dtype=np.float64, keepdims=True)
    deviations = centred.std(axis=1, keepdims=True)
    return (centred / np.where(deviations > 0, deviations, 1)).astype(np.float32).reshape(batch.shape)


def bands_before_frames(batch: np.ndarray) -> np.ndarray:
    """What TempoCNN takes: standardised patches `(batch, bands, frames, 1)`."""
    return standardised(batch).swapaxes(1, 2)[..., None]


def levelled(samples: np.ndarray) -> np.ndarray:
    """What FSD-SINet was trained on: clips without offset, whose peak lies just below 1."""
    centred = samples - samples.mean(dtype=np.float64)
    return (centred / (np.abs(centred).max() + 0.005)).astype(np.float32)


@dataclass(frozen=True)
class Patches:
    """Patches of a mel spectrogram. `frame` and `hop` are in samples, `size` of a patch and `every` in frames."""

    sample_rate: int
    front_end: Callable[[np.ndarray], np.ndarray]
    frame: int
    hop: int
    bands: int
    size: int
    every: int
    input: str
    batch_size: int
    arranged: Callable[[np.ndarray], np.ndarray] = as_it_is
    level: Callable[[np.ndarray], np.ndarray] = as_it_is
    repeats_short_clips: bool = True
    # Frames that must follow a patch, or the algorithm does not return it.
    frames_behind: int = 0
    shift: float = 0.0
    scale: float = 1.0
    tokens: tuple[str, ...] = ()
    # Older and newer graphs of one algorithm call it differently.
    other_inputs: tuple[str, ...] = ("melspectrogram", "serving_default_melspectrogram")

    @property
    def shape(self) -> tuple[int, int]:
        """Of one patch: frames, bands."""
        return self.size, self.bands

    @property
    def window_s(self) -> float:
        """The length of a patch in s."""
        return self.size * self.hop / self.sample_rate

    @property
    def hop_s(self) -> float:
        """The time from one patch to the next in s."""
        return self.every * self.hop / self.sample_rate

    @property
    def first_s(self) -> float:
        """The time of the middle of the first patch in s."""
        return (self.size - 1) * self.hop / 2 / self.sample_rate

    @property
    def facts(self) -> dict:
        """What is done at the ends of a clip."""
        return {
            "short_clips": "repeated" if self.repeats_short_clips else "followed by silence",
            "tail": "not used: a patch must be whole",
        }

    def cut(self, samples: np.ndarray) -> np.ndarray:
        """The patches `(n, size, bands)` of a clip `(samples,)`, at least one, that begin every so many frames."""
        samples = self.level(samples)
        needed = self.size + self.frames_behind
        mel = self._mel(samples)
        if len(mel) < needed:
            length = needed * self.hop + self.frame
            longer = np.resize(samples, length) if self.repeats_short_clips else _followed_by_silence(samples, length)
            mel = self._mel(longer)[:needed]
        whole = np.lib.stride_tricks.sliding_window_view(mel[: len(mel) - self.frames_behind], self.size, axis=0)
        return whole[:: self.every].swapaxes(1, 2)

    def _mel(self, samples: np.ndarray) -> np.ndarray:
        """The mel spectrogram `(frames, bands)`, as the network was trained to see it."""
        return (self.front_end(samples) + np.float32(self.shift)) * np.float32(self.scale)


@dataclass(frozen=True)
class Samples:
    """Windows of `size` samples every so many: whole ones from the start of a clip, or centred on multiples of `every`.

    Centred windows reach beyond the ends, where there are zeros; a clip shorter than any other window is repeated.
    """

    sample_rate: int
    size: int
    every: int
    input: str
    batch_size: int
    arranged: Callable[[np.ndarray], np.ndarray] = as_it_is
    centred: bool = False

    @property
    def shape(self) -> tuple[int]:
        """Of one window: samples."""
        return (self.size,)

    @property
    def window_s(self) -> float:
        """The length of a window in s."""
        return self.size / self.sample_rate

    @property
    def hop_s(self) -> float:
        """The time from one window to the next in s."""
        return self.every / self.sample_rate

    @property
    def first_s(self) -> float:
        """The time of the middle of the first window in s."""
        return 0.0 if self.centred else self.window_s / 2

    @property
    def facts(self) -> dict:
        """What is done at the ends of a clip."""
        if self.centred:
            return {"windows": "centred: zeros before and after a clip"}
        return {"short_clips": "repeated", "tail": "not used: a window must be whole"}

    def cut(self, samples: np.ndarray) -> np.ndarray:
        """The windows `(n, size)` of a clip `(samples,)`, at least one."""
        if self.centred:
            return windows.centred(samples, self.size, self.every)
        longer = samples if len(samples) >= self.size else np.resize(samples, self.size)
        return np.lib.stride_tricks.sliding_window_view(longer, self.size)[:: self.every]


def _followed_by_silence(samples: np.ndarray, length: int) -> np.ndarray:
    return np.pad(samples, (0, length - len(samples)))


_vggish = functools.partial(Patches, 16_000, log_mel.vggish, 400, 160, 64)
_musicnn = functools.partial(Patches, 16_000, log_mel.musicnn, 512, 256, 96)
_fsdsinet = functools.partial(Patches, 22_050, log_mel.fsdsinet, 660, 220, 96)
_tempocnn = functools.partial(Patches, 11_025, log_mel.tempocnn, 1024, 512, 40)
ALGORITHMS = {
    # A multiple of the six rows that a tile of oneDNN has on AVX2: those left over are summed in another order.
    "TensorflowPredictVGGish": _vggish(96, 93, "model/Placeholder", 48),
    # Long kernels keep a processor busy with one patch; in a larger batch the last digits depend on the place.
    "TensorflowPredictMusiCNN": _musicnn(187, 93, "model/Placeholder", 1),
    "TensorflowPredictEffnetDiscogs": _musicnn(128, 62, "serving_default_melspectrogram", 64, frames_behind=1),
    "TensorflowPredictMAEST": _musicnn(
        1876,
        1875,
        "serving_default_melspectrogram",
        1,
        repeats_short_clips=False,
        shift=-2.06755686098554,
        scale=1 / (2 * 1.268292820667291),
        tokens=("cls", "distillation", "mean"),
    ),
    "TensorflowPredictFSDSINet": _fsdsinet(101, 50, "x", 4, arranged=with_a_channel, level=levelled),
    "TensorflowPredictTempoCNN": _tempocnn(256, 128, "input", 1, arranged=bands_before_frames),
    "TensorflowPredictCREPE": Samples(16_000, 1024, 160, "frames", 16, arranged=standardised, centred=True),
}
