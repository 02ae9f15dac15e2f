"""Additive synthesis of single notes: how an instrument sounds, in a few numbers, and the samples of a note."""

from dataclasses import dataclass, replace

import numpy as np

SAMPLE_RATE = 22050


@dataclass(frozen=True)
class Timbre:
    """How a synthetic instrument sounds.

    `attack_s` from silence to full level; `decay_s` the time constant of the fall after that, at the fundamental, inf
    for a sustained tone; `damping` how much faster higher partials fall; `roll_off` the exponent p of the partials'
    amplitudes k^-p; `even` the level of even partials (0 for a closed pipe); `inharmonicity` B in
    f_k = k f_0 sqrt(1 + B k^2); `vibrato_hz` and `vibrato_cents` its rate and depth; `noise_db` the level of the breath
    or bow noise, relative to the tone.
    """

    attack_s: float
    decay_s: float
    damping: float
    roll_off: float
    even: float = 1.0
    inharmonicity: float = 0.0
    vibrato_hz: float = 0.0
    vibrato_cents: float = 0.0
    noise_db: float = -70.0


def varied(timbre: Timbre, generator: np.random.Generator) -> Timbre:
    """Two notes of one instrument are never quite alike."""
    return replace(
        timbre,
        attack_s=timbre.attack_s * generator.uniform(0.6, 1.6),
        decay_s=timbre.decay_s * generator.uniform(0.7, 1.4),
        roll_off=timbre.roll_off + generator.uniform(-0.15, 0.15),
        vibrato_hz=timbre.vibrato_hz * generator.uniform(0.85, 1.15),
        noise_db=timbre.noise_db + generator.uniform(-5, 5),
    )


def tone(
    timbre: Timbre, pitch_hz: float, n_samples: int, generator: np.random.Generator, n_partials: int
) -> np.ndarray:
    """One note, `(n_samples,)`, with a release of 20 ms; partials above 0.45 of the sample rate are left away."""
    time = np.arange(n_samples) / SAMPLE_RATE
    cents = timbre.vibrato_cents * np.sin(2 * np.pi * timbre.vibrato_hz * time + generator.uniform(0, 2 * np.pi))
    phase = 2 * np.pi * np.cumsum(pitch_hz * 2 ** (cents / 1200)) / SAMPLE_RATE
    number = np.arange(1, n_partials + 1)
    ratio = number * np.sqrt(1 + timbre.inharmonicity * number**2)
    heard = ratio * pitch_hz < 0.45 * SAMPLE_RATE
    number, ratio = number[heard], ratio[heard]
    amplitude = number**-timbre.roll_off * np.where(number % 2 == 0, timbre.even, 1.0)
    amplitude *= 10 ** (generator.uniform(-1.5, 1.5, len(number)) / 20)
    offsets = generator.uniform(0, 2 * np.pi, len(number))
    fall_per_s = (1 + timbre.damping * (number - 1)) / timbre.decay_s
    sounding = np.zeros(n_samples)
    for k in range(len(number)):
        partial = amplitude[k] * np.sin(ratio[k] * phase + offsets[k])
        sounding += partial * np.exp(-fall_per_s[k] * time) if fall_per_s[k] else partial
    noise = generator.standard_normal(n_samples) * 10 ** (timbre.noise_db / 20) * np.sqrt(np.mean(sounding**2))
    release = np.clip((n_samples / SAMPLE_RATE - time) / 0.02, 0, 1)
    return (sounding + noise) * np.minimum(time / timbre.attack_s, 1) * release


def hertz(midi: float) -> float:
    """The frequency of a MIDI note, which may lie between two keys."""
    return 440.0 * 2 ** ((midi - 69) / 12)
