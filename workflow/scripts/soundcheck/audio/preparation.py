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
    """Where the audio lies and what is done to it before it reaches a model at `sample_rate` Hz."""

    folder: str
    scenario: str
    transforms: list[dict]
    seed: int
    sample_rate: int


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
    clean, rate = audio.decode(Path(condition.folder) / path)
    seed = seed_for(condition.seed, condition.scenario, track_id)
    deformed = deformations.deform(clean, rate, condition.transforms, seed)
    facts = {"duration_s": len(deformed) / rate, "sample_rate": rate, **deformations.measure(clean, deformed)}
    return audio.resample(deformed, rate, condition.sample_rate), facts
