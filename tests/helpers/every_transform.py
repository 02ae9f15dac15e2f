"""Every transform of the catalogue on short clips: `python every_transform.py FOLDER` prints digests of what they made.

FOLDER holds the sounds that are mixed in; `write_sounds` makes them.
"""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "workflow" / "scripts"))

from soundcheck.audio.deformations import deform  # noqa: E402
from soundcheck.audio.files import UnusableAudioError  # noqa: E402
from soundcheck.configuration import catalogue  # noqa: E402

RATES = (16_000, 22_050, 44_100, 48_000)
LENGTHS_S = (0.2, 0.7)
# Beside its defaults, a transform is tried where its code takes another way.
VARIANTS = {
    "AddShortNoises": [{"min_time_between_sounds": 0.01, "max_time_between_sounds": 0.1}],
    "AdjustDuration": [{"duration_seconds": 0.4}],
    "Mp3Compression": [{"preserve_delay": True}],
    "PitchShift": [{"min_semitones": -12, "max_semitones": -12}, {"min_semitones": 12, "max_semitones": 12}],
    "RoomSimulator": [{"calculation_mode": "rt60"}, {"use_ray_tracing": False}],
    "TimeStretch": [{"min_rate": rate, "max_rate": rate} for rate in (0.3, 0.45, 0.5, 1.6)],
}
SOUNDS = {"AddBackgroundNoise": "sounds_path", "AddShortNoises": "sounds_path", "ApplyImpulseResponse": "ir_path"}


def scenarios(folder: str) -> dict[str, list[dict]]:
    """A scenario of each transform of the catalogue with its defaults, and of each variant."""
    found = {}
    for name in catalogue.load(ROOT).transforms:
        own = {SOUNDS[name]: folder} if name in SOUNDS else {}
        always = [{}] if name != "AdjustDuration" else []
        for number, parameters in enumerate([*always, *VARIANTS.get(name, [])]):
            found[f"{name}-{number}"] = [{"type": name, "params": own | parameters}]
    return found


def clip(rate: int, seconds: float) -> np.ndarray:
    """A tone in noise."""
    generator = np.random.default_rng(rate)
    times = np.arange(round(seconds * rate)) / rate
    samples = 0.4 * np.sin(2 * np.pi * 440 * times) + 0.05 * generator.normal(size=len(times))
    return samples.astype(np.float32)


def digests(transforms: list[dict]) -> list[str]:
    """Of what a scenario makes of each clip; where it cannot work on one, the reason."""
    found = []
    for rate in RATES:
        for seconds in LENGTHS_S:
            try:
                made = deform(clip(rate, seconds), rate, transforms, seed=7).tobytes()
            except UnusableAudioError as reason:
                made = str(reason).encode()
            found.append(hashlib.md5(made).hexdigest())
    return found


if __name__ == "__main__":
    print(json.dumps({name: digests(transforms) for name, transforms in scenarios(sys.argv[1]).items()}))
