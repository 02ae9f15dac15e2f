"""From a recording on disk to the samples that a model sees: decode, deform, resample, with what was measured."""

import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from soundcheck.audio import deformations
from soundcheck.audio import samples as audio
from soundcheck.seeds import seed_for


@dataclass(frozen=True)
class Condition:
    """Where the audio lies and what is done to it before it reaches a model at `sample_rate` Hz.

    `is_additive`: what the scenario does is a gain and something added, so that there is a signal-to-noise ratio.
    """

    folder: str
    scenario: str
    transforms: list[dict]
    seed: int
    sample_rate: int
    is_additive: bool = True


@dataclass
class Clip:
    """A prepared track: `samples` at the model's rate, or the reason why it is left out; and what was measured."""

    track_id: str
    samples: np.ndarray | None = None
    left_out: str | None = None
    facts: dict = field(default_factory=dict)


def prepare(track_id: str, path: str, condition: Condition) -> Clip:
    """Prepare one track; audio that cannot be used gives a clip without samples, never an exception."""
    start = time.process_time()
    clip = Clip(track_id)
    try:
        clip.samples, clip.facts = _prepare(track_id, path, condition)
    except audio.UnusableAudioError as reason:
        clip.left_out = str(reason)
    clip.facts["busy_s"] = time.process_time() - start
    return clip


def _prepare(track_id: str, path: str, condition: Condition) -> tuple[np.ndarray, dict]:
    recording = audio.read(Path(condition.folder) / path)
    clean, rate = recording.samples, recording.rate
    seed = seed_for(condition.seed, condition.scenario, track_id)
    deformed = deformations.deform(clean, rate, condition.transforms, seed)
    measured = deformations.measure(clean, deformed, rate, condition.is_additive)
    facts = {"duration_s": len(deformed) / rate, "sample_rate": rate, "note": recording.note, **measured}
    return audio.resample(deformed, rate, condition.sample_rate), facts
