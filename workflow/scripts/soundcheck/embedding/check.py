"""A check of an embedder: does it do what its catalogue entry says, and how does it behave on odd audio?

All audio is made here, by a generator with a fixed seed: decaying harmonic tones in a little noise.
"""

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from soundcheck.audio.preparation import Clip, Condition, prepare
from soundcheck.embedding.driver import Model, embed_clips
from soundcheck.embedding.families import Embedder
from soundcheck.ids import CLEAN
from soundcheck.plumbing.errors import described
from soundcheck.plumbing.files import csv_rows

COLUMNS = ("embedder", "check", "outcome", "value", "unit", "meaning")
# Differences are relative to the length of the vector: below this they are rounding.
ROUNDING = 1e-4
# What a clip's neighbours in a batch may change of its vector.
COMPANY = 1e-6
CLIP_S = 3.0
LONG_S = 600.0


@dataclass(frozen=True)
class Outcome:
    """One line of a check's report: `outcome` is passed, failed, or measured (a property, neither good nor bad)."""

    check: str
    outcome: str
    value: float | str
    unit: str
    meaning: str


@dataclass(frozen=True)
class Declared:
    """What the catalogue says of an embedder; 0 where it says nothing."""

    sample_rate: int = 0
    dimension: int = 0


def check(
    name: str,
    load: Callable[[str], Embedder],
    declared: Declared,
    devices: Sequence[str] = ("cpu",),
    long_s: float = LONG_S,
) -> list[Outcome]:
    """Check the embedder that `load(device)` gives, on the first of the devices; compare it with the others.

    `long_s` is the length of the recording with which memory and speed are measured. A check that raises has failed,
    and says why; the others go on.
    """
    model = Model(name, load(devices[0]))
    checks: list[Callable[[], Iterator[Outcome]]] = [
        lambda: _declared(model, declared),
        lambda: _determinism(model, Model(name, load(devices[0]))),
        lambda: _neighbours(model),
        lambda: _chunks(model),
        lambda: _odd_audio(model),
        lambda: _stereo(model),
        lambda: _gain_and_offset(model),
        lambda: _cost(model, long_s),
        *(lambda device=device: _devices(model, Model(name, load(device)), device) for device in devices[1:]),
    ]
    titles = ["declared", "determinism", "neighbours", "chunks", "odd audio", "stereo", "gain", "cost", *devices[1:]]
    outcomes = []
    for title, run in zip(titles, checks, strict=True):
        try:
            outcomes += run()
        except Exception as error:
            outcomes.append(Outcome(title, "failed", described(error), "", "the check could not be carried out"))
    return outcomes


def summary(name: str, outcomes: list[Outcome]) -> str:
    """A line on what has failed, for a terminal."""
    failed = [f"{outcome.check} ({outcome.value})" for outcome in outcomes if outcome.outcome == "failed"]
    return f"check of {name}: " + (
        f"failed: {'; '.join(failed)}" if failed else f"all {len(outcomes)} outcomes are well"
    )


def write(name: str, outcomes: list[Outcome], path: str | Path) -> None:
    """Write the outcomes of an embedder's check as CSV with the columns `COLUMNS`."""
    with csv_rows(path, COLUMNS) as write_row:
        for outcome in outcomes:
            write_row({"embedder": name} | asdict(outcome))


def music(seconds: float, rate: int, seed: int = 0) -> np.ndarray:
    """Decaying harmonic tones at random pitches, two a second, in a little noise: `(samples,)`, peak below 0.5."""
    generator = np.random.default_rng(seed)
    samples = generator.normal(0, 1e-3, max(1, round(seconds * rate))).astype(np.float32)
    step = rate // 2
    for start in range(0, len(samples), step):
        times = np.arange(min(2 * step, len(samples) - start), dtype=np.float32) / rate
        pitch = 110 * 2 ** generator.uniform(0, 3)
        overtones = (np.sin(2 * np.pi * pitch * k * times) / k for k in range(1, 6) if pitch * k < rate / 2)
        samples[start : start + len(times)] += 0.1 * np.exp(-4 * times) * sum(overtones)
    return samples


def _vectors(model: Model, clips: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The rows `(n, dim)` of each clip; clips stand in one queue, so that their windows share batches.

    Raises:
        ValueError: the model fails on a clip.
    """
    tracks = list(embed_clips([Clip(str(i), samples) for i, samples in enumerate(clips)], model))
    for track in tracks:
        if track.left_out is not None:
            raise ValueError(track.left_out)
    return [track.pool.result() for track in tracks]


def _vector(model: Model, samples: np.ndarray) -> np.ndarray:
    return _vectors(model, [samples])[0]


def _clip(model: Model, seconds: float = CLIP_S, seed: int = 0) -> np.ndarray:
    return music(seconds, model.embedder.sample_rate, seed)


def _difference(reference: np.ndarray, other: np.ndarray) -> float:
    """The length of the difference as a share of the reference's length; infinite where the shapes differ."""
    if reference.shape != other.shape:
        return float("inf")
    return float(np.linalg.norm(reference - other) / max(np.linalg.norm(reference), 1e-12))


def _passed(condition: bool) -> str:
    return "passed" if condition else "failed"


def _declared(model: Model, declared: Declared) -> Iterator[Outcome]:
    rows = _vector(model, _clip(model))
    rate, dimension = model.embedder.sample_rate, rows.shape[1]
    yield Outcome(
        "sample rate",
        _passed(declared.sample_rate in (0, rate)),
        rate,
        "Hz",
        f"declared: {declared.sample_rate or 'nothing'}",
    )
    yield Outcome(
        "dimension",
        _passed(declared.dimension in (0, dimension)),
        dimension,
        "values",
        f"declared: {declared.dimension or 'nothing'}; {model.embedder.n_layers} layer(s)",
    )


def _determinism(model: Model, loaded_again: Model) -> Iterator[Outcome]:
    clip = _clip(model)
    first = _vector(model, clip)
    for check_name, other in (
        ("the same clip again", _vector(model, clip)),
        ("loaded again", _vector(loaded_again, clip)),
    ):
        equal = np.array_equal(first, other)
        yield Outcome(
            check_name, _passed(equal), _difference(first, other), "relative", "equal to the last bit" if equal else ""
        )


def _neighbours(model: Model) -> Iterator[Outcome]:
    clip = _clip(model)
    others = [_clip(model, seconds, seed) for seconds, seed in ((1.1, 1), (2.3, 2))]
    alone, among = _vector(model, clip), _vectors(model, [others[0], clip, others[1]])[1]
    difference = _difference(alone, among)
    if difference == 0:
        meaning = "equal to the last bit"
    elif difference <= COMPANY:
        meaning = "equal but for rounding"
    else:
        meaning = "a clip's vector depends on its neighbours in a batch"
    yield Outcome("alone and among other clips", _passed(difference <= COMPANY), difference, "relative", meaning)


def _chunks(model: Model) -> Iterator[Outcome]:
    clip = _clip(model, 4 * CLIP_S)
    whole = _vector(model, clip).mean(axis=0)
    halves = np.concatenate(_vectors(model, np.array_split(clip, 2))).mean(axis=0)
    yield Outcome(
        "in two halves and whole",
        "measured",
        _difference(whole, halves),
        "relative",
        "how much the place of the cuts, and what the model sees across them, matters",
    )


def _odd_audio(model: Model) -> Iterator[Outcome]:
    rate = model.embedder.sample_rate
    odd = {
        "silence": np.zeros(round(CLIP_S * rate), np.float32),
        "20 ms": _clip(model, 0.02),
        "one sample": np.full(1, 0.1, np.float32),
    }
    for name, samples in odd.items():
        try:
            rows = _vector(model, samples)
            finite = len(rows) > 0 and bool(np.isfinite(rows).all())
            yield Outcome(name, _passed(finite), len(rows), "rows", "finite" if finite else "not finite, or nothing")
        except Exception as error:
            yield Outcome(name, "failed", described(error), "", "")


def _stereo(model: Model) -> Iterator[Outcome]:
    import soundfile

    rate = model.embedder.sample_rate
    mono = _clip(model)
    # The channels differ, and their mean is the mono recording.
    side = 0.05 * _clip(model, seed=3)[: len(mono)]
    with tempfile.TemporaryDirectory() as folder:
        for name, samples in (("mono", mono), ("stereo", np.stack([mono + side, mono - side], axis=1))):
            soundfile.write(Path(folder) / f"{name}.wav", samples, rate, subtype="FLOAT")
        condition = Condition(folder, CLEAN, [], 0, rate)
        clips = [prepare(name, f"{name}.wav", condition).samples for name in ("mono", "stereo")]
    first, other = (_vector(model, samples) for samples in clips)
    difference = _difference(first, other)
    yield Outcome(
        "stereo and its mono", _passed(difference < ROUNDING), difference, "relative", "channels are averaged"
    )


def _gain_and_offset(model: Model) -> Iterator[Outcome]:
    clip = _clip(model)
    reference = _vector(model, clip)
    quieter = _difference(reference, _vector(model, clip * np.float32(10 ** (-12 / 20))))
    shifted = _difference(reference, _vector(model, clip + np.float32(0.1)))
    yield Outcome(
        "gain of -12 dB",
        "measured",
        quieter,
        "relative",
        "does not change it: the input is normalised" if quieter < ROUNDING else "changes it",
    )
    yield Outcome(
        "offset of 0.1",
        "measured",
        shifted,
        "relative",
        "does not change it" if shifted < ROUNDING else "changes it",
    )


def _cost(model: Model, long_s: float) -> Iterator[Outcome]:
    minute = _clip(model, min(60.0, long_s))
    _vector(model, _clip(model))  # what is done once is no cost of a minute
    reset = _reset_peak_memory()
    before = _peak_memory_mb()
    start = time.perf_counter()
    _vector(model, minute)
    seconds = (time.perf_counter() - start) / (len(minute) / model.embedder.sample_rate / 60)
    short_mb = _peak_memory_mb() - before
    yield Outcome("time for a minute of audio", "measured", seconds, "s", "on one thread, or the GPU")
    yield Outcome("memory for a minute of audio", "measured", short_mb, "MB", "above that of the loaded model")
    if long_s > 60 and reset:
        long = _clip(model, long_s)
        _reset_peak_memory()
        before = _peak_memory_mb()
        _vector(model, long)
        long_mb = _peak_memory_mb() - before
        # Its frames may be kept, as may its samples a few times over: 1 MB a second is far above both.
        bounded = long_mb < max(2 * short_mb, 0) + 1.0 * long_s
        yield Outcome(
            f"memory for {long_s / 60:g} minutes of audio",
            _passed(bounded),
            long_mb,
            "MB",
            "bounded" if bounded else "grows with the length of a recording",
        )


def _devices(model: Model, on_device: Model, device: str) -> Iterator[Outcome]:
    clip = _clip(model)
    difference = _difference(_vector(model, clip), _vector(on_device, clip))
    yield Outcome(f"cpu and {device}", _passed(difference < 1e-2), difference, "relative", "")


def _reset_peak_memory() -> bool:
    """Let the system count the peak anew; False where it cannot (anything but Linux)."""
    try:
        Path("/proc/self/clear_refs").write_text("5")
    except OSError:
        return False
    return True


def _peak_memory_mb() -> float:
    status = Path("/proc/self/status")
    if not status.exists():
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024
