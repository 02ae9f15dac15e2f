"""Synthetic notes and chord progressions, rendered with NumPy: known factors to probe, a demo, an offline test.

Nothing here is a recording; whatever shows these tracks says "synthetic".

Notes: eight timbres (attack, decay, spectrum, odd or even harmonics, inharmonicity, vibrato, noise) at each of the 36
pitches C3 to B5, each at two of three loudness levels: 576 notes of 0.7 s. Like a player's, a louder note is also
brighter. Progressions: four chords and a bass in each of the 24 keys, ten progressions a key: 240 of about 2 s, each
with its own tempo, timbre, inversions and register. Some share their chords with the relative key, as real music
does. Seeded variations (tuning of a few cents, level, attack, brightness, vibrato, noise) keep it from being trivial.

Every track has a random generator of its own, seeded by its id, so that rendering gives the same samples in any order.
Files are 16-bit WAV: rounding to 16 bits hides the last-digit differences between processors' sine functions, and a
WAV, unlike a FLAC, is the same bytes whatever the version of the encoder.

Groups: the two loudness levels of one pitch on one timbre share a group; where the timbre is to be told, all timbres at
one pitch do (see `groups`). A key has each progression once, so a progression needs none.
"""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from soundcheck.datasets.support.synthesis import SAMPLE_RATE, Timbre, hertz, tone, varied
from soundcheck.keys import TONICS
from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.seeds import seed_for

TITLE = "Synthetic notes and chord progressions"
LICENSE = "CC0 1.0 (synthetic, rendered by Soundcheck)"
BIBTEX = ""
REMOTES: dict = {}
TASKS = {
    "instrument_classification": "multiclass",
    "pitch_class_classification": "multiclass",
    "key_estimation": "multiclass",
    "autotagging": "multilabel",
    "tempo_estimation": "regression",
}
SYNTHETIC = True
GROUPED_BY = "timbre and pitch"

NOTE_S = 0.7
# A change of the sound, here or in the synthesis, needs a new version: folders of another version are rendered anew.
VERSION = 1
_SEED = 20230


TIMBRES = {
    "synthetic-bowed": Timbre(0.09, np.inf, 0.0, 1.1, vibrato_hz=5.5, vibrato_cents=22, noise_db=-38),
    "synthetic-blown": Timbre(0.06, np.inf, 0.0, 2.3, vibrato_hz=4.8, vibrato_cents=14, noise_db=-28),
    "synthetic-reed": Timbre(0.04, np.inf, 0.0, 1.1, even=0.12, noise_db=-42),
    "synthetic-brass": Timbre(0.05, np.inf, 0.0, 0.8, noise_db=-48),
    "synthetic-organ": Timbre(0.02, np.inf, 0.0, 1.5, noise_db=-50),
    "synthetic-plucked": Timbre(0.004, 0.30, 0.5, 1.2, inharmonicity=1e-4),
    "synthetic-struck": Timbre(0.003, 0.45, 0.3, 1.5, inharmonicity=6e-4, noise_db=-45),
    "synthetic-mallet": Timbre(0.002, 0.18, 0.9, 1.9, even=0.25, inharmonicity=4e-3),
}
LOUDNESS_DB = {"soft": -38.0, "medium": -29.0, "loud": -20.0}
# How much a level brightens the tone: added to the exponent of the roll-off.
_SOFTER_ROLL_OFF = {"soft": 0.25, "medium": 0.1, "loud": 0.0}
MIDI_LOW, MIDI_HIGH = 48, 83
REGISTERS = ("low", "middle", "high")

# (semitones above the tonic, quality) of each chord.
_MAJOR = {
    "I": (0, "major"), "ii": (2, "minor"), "iii": (4, "minor"), "IV": (5, "major"), "V": (7, "major"),
    "V7": (7, "seventh"), "vi": (9, "minor"), "vii": (11, "diminished"),
}  # fmt: skip
_MINOR = {
    "i": (0, "minor"), "ii": (2, "diminished"), "III": (3, "major"), "iv": (5, "minor"), "v": (7, "minor"),
    "V": (7, "major"), "V7": (7, "seventh"), "VI": (8, "major"), "VII": (10, "major"),
}  # fmt: skip
_CHORD = {"major": (0, 4, 7), "minor": (0, 3, 7), "diminished": (0, 3, 6), "seventh": (0, 4, 7, 10)}
PROGRESSIONS = {
    "major": (
        *("I-IV-V-I", "ii-V-I-I", "I-vi-IV-V", "I-V-vi-IV", "vi-IV-I-V"),
        *("I-ii-V7-I", "I-iii-IV-V", "IV-I-V7-I", "I-vii-iii-vi", "IV-V-iii-vi"),
    ),
    "minor": (
        *("i-iv-V-i", "ii-V-i-i", "i-VI-III-VII", "i-VII-VI-V", "i-iv-v-i"),
        *("i-VI-iv-V7", "iv-i-V7-i", "i-III-VII-VI", "VI-VII-i-i", "i-v-VI-VII"),
    ),
}
TEMPO_BPM = {"slow": (95, 115), "fast": (135, 160)}
_CHORD_TIMBRES = ("synthetic-bowed", "synthetic-brass", "synthetic-organ", "synthetic-plucked", "synthetic-struck")


def download(folder: Path, **options: object) -> None:
    """Render all tracks into `folder`, which is complete or absent; do nothing where this version is there already.

    Raises FileExistsError when the folder holds files that are not an earlier rendering.
    """
    folder = Path(folder)
    marker = folder / "synthetic.json"
    if marker.is_file() and json.loads(marker.read_text()).get("version") == VERSION:
        return
    if folder.exists() and any(folder.iterdir()) and not marker.is_file():
        raise FileExistsError(f"'{folder}' holds other files; give the synthetic dataset a `dir` of its own.")
    temporary = folder.with_name(f".{folder.name}.rendering")
    shutil.rmtree(temporary, ignore_errors=True)
    write(_notes() + _progressions(), temporary)
    (temporary / marker.name).write_text(json.dumps({"title": TITLE, "version": VERSION}) + "\n")
    shutil.rmtree(folder, ignore_errors=True)
    temporary.replace(folder)


def tracks(folder: Path, **options: object) -> pd.DataFrame:
    """One row a track, with every factor that it was rendered from; known without reading a file.

    Columns: track_id, path, group, kind (`note` or `progression`), timbre; of notes midi, note, pitch_class, pitch_hz,
    register, loudness; of both level_db (RMS, dB below full scale), vibrato_cents; of progressions key, mode,
    progression, tempo, bpm. Factors of the other kind are None.
    """
    rows = _notes() + _progressions()
    columns = list(dict.fromkeys(column for row in rows for column in row))
    # Objects, not pandas' own types: an absent whole number would turn its column into real numbers.
    return pd.DataFrame({column: pd.Series([row.get(column) for row in rows], dtype=object) for column in columns})


def labels(tracks: pd.DataFrame, task: str) -> pd.Series:
    """`list[str]` for each track, or None where the task does not apply: key to notes, pitch class to progressions."""
    column = {
        "instrument_classification": "timbre",
        "pitch_class_classification": "pitch_class",
        "key_estimation": "key",
    }.get(task)
    rows = tracks.to_dict("records")
    if task == "autotagging":
        values = [_tags(row) for row in rows]
    elif task == "instrument_classification":
        values = [[row["timbre"]] if row["kind"] == "note" else None for row in rows]
    elif task == "tempo_estimation":
        values = [[str(int(row["bpm"]))] if row["kind"] == "progression" else None for row in rows]
    elif column:
        values = [[row[column]] if isinstance(row[column], str) else None for row in rows]
    else:
        raise SoundcheckError(f"synthetic has no task '{task}'; it has {', '.join(TASKS)}")
    return pd.Series(values, index=tracks.index, dtype=object)


def targets(task: str, **options: object) -> list[str] | None:
    """What the number is that `tempo_estimation` estimates."""
    return ["tempo in bpm"] if task == "tempo_estimation" else None


def groups(tracks: pd.DataFrame, task: str) -> tuple[pd.Series, str]:
    """The group of each track for a task, and what the groups are.

    For tasks about the timbre, groups are pitches. Were they timbre and pitch, each pitch that is tested on one timbre
    would be trained on the others alone, and an embedding that holds nothing but pitch would learn which timbre is
    missing there: it would score below chance.
    """
    if task in ("instrument_classification", "autotagging"):
        return tracks["note"].where(tracks["note"].notna(), tracks["group"]), "pitch"
    return tracks["group"], GROUPED_BY


def render(track: dict) -> np.ndarray:
    """The samples of one row of `tracks`: `(n_samples,)` float64 within [-1, 1] at `SAMPLE_RATE`, mono."""
    generator = np.random.default_rng(seed_for(_SEED, "sound", track["track_id"]))
    signal = _note_signal(track, generator) if track["kind"] == "note" else _progression_signal(track, generator)
    signal *= 10 ** (track["level_db"] / 20) / np.sqrt(np.mean(signal**2))
    background_db = track["level_db"] - generator.uniform(40, 60)
    signal += 10 ** (background_db / 20) * generator.standard_normal(len(signal))
    return signal / max(1.0, np.abs(signal).max() / 0.99)


def write(tracks: list[dict], folder: Path) -> None:
    """Render rows of `tracks` to their paths below `folder`; NumPy and the encoder let threads work side by side."""
    for kind in {Path(track["path"]).parent for track in tracks}:
        (folder / kind).mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda track: _write(folder / track["path"], render(track)), tracks))


_TAG_COLUMNS = ("kind", "timbre", "register", "loudness", "mode", "tempo")


def _tags(row: dict) -> list[str]:
    tags = [f"{column}:{row[column]}" for column in _TAG_COLUMNS if isinstance(row[column], str)]
    return [*tags, "vibrato"] if row["vibrato_cents"] > 0 else tags


def _notes() -> list[dict]:
    rows = []
    for timbre_index, timbre in enumerate(TIMBRES):
        for midi in range(MIDI_LOW, MIDI_HIGH + 1):
            # Which of the three levels is left out goes round, so that no timbre or pitch class lacks one.
            left_out = (timbre_index + midi + (midi - MIDI_LOW) // 12) % len(LOUDNESS_DB)
            rows += [_note(timbre, midi, level) for i, level in enumerate(LOUDNESS_DB) if i != left_out]
    return rows


def _note(timbre: str, midi: int, loudness: str) -> dict:
    pitch_class = TONICS[midi % 12]
    note = f"{pitch_class}{midi // 12 - 1}"
    track_id = f"{timbre}-{note.replace('#', 's')}-{loudness}"
    generator = np.random.default_rng(seed_for(_SEED, "factors", track_id))
    return {
        "track_id": track_id,
        "path": f"notes/{track_id}.wav",
        "group": f"{timbre} {note}",
        "kind": "note",
        "timbre": timbre,
        "midi": midi,
        "note": note,
        "pitch_class": pitch_class,
        "pitch_hz": round(hertz(midi + generator.uniform(-0.2, 0.2)), 4),
        "register": REGISTERS[(midi - MIDI_LOW) // 12],
        "loudness": loudness,
        "level_db": round(LOUDNESS_DB[loudness] + generator.uniform(-3, 3), 2),
        "vibrato_cents": round(TIMBRES[timbre].vibrato_cents * generator.uniform(0.6, 1.4), 2),
    }


def _progressions() -> list[dict]:
    return [
        _progression(tonic, mode, number)
        for mode in PROGRESSIONS
        for tonic in range(len(TONICS))
        for number in range(len(PROGRESSIONS[mode]))
    ]


def _progression(tonic: int, mode: str, number: int) -> dict:
    key = f"{TONICS[tonic]} {mode}"
    track_id = f"synthetic-progression-{key.replace('#', 's').replace(' ', '-')}-{number}"
    generator = np.random.default_rng(seed_for(_SEED, "factors", track_id))
    tempo = str(generator.choice(list(TEMPO_BPM)))
    timbre = str(generator.choice(_CHORD_TIMBRES))
    return {
        "track_id": track_id,
        "path": f"progressions/{track_id}.wav",
        "group": None,
        "kind": "progression",
        "timbre": timbre,
        "key": key,
        "mode": mode,
        "progression": PROGRESSIONS[mode][number],
        "tempo": tempo,
        "bpm": int(generator.integers(TEMPO_BPM[tempo][0], TEMPO_BPM[tempo][1] + 1)),
        "level_db": round(-26 + generator.uniform(-4, 4), 2),
        "vibrato_cents": round(TIMBRES[timbre].vibrato_cents * generator.uniform(0.6, 1.4), 2),
    }


def _note_signal(track: dict, generator: np.random.Generator) -> np.ndarray:
    timbre = TIMBRES[track["timbre"]]
    timbre = replace(timbre, roll_off=timbre.roll_off + _SOFTER_ROLL_OFF[track["loudness"]])
    timbre = replace(varied(timbre, generator), vibrato_cents=track["vibrato_cents"])
    n_samples = int(NOTE_S * SAMPLE_RATE)
    start = int(generator.uniform(0, 0.04) * SAMPLE_RATE)
    sounding = tone(timbre, track["pitch_hz"], n_samples - start, generator, n_partials=24)
    return np.concatenate([np.zeros(start), sounding])


def _progression_signal(track: dict, generator: np.random.Generator) -> np.ndarray:
    """One chord a beat, in close position with a random inversion, above its root in the bass."""
    timbre = replace(varied(TIMBRES[track["timbre"]], generator), vibrato_cents=track["vibrato_cents"])
    chords = _MAJOR if track["mode"] == "major" else _MINOR
    tonic = TONICS.index(track["key"].split()[0])
    tuning = generator.uniform(-0.15, 0.15)
    lowest = int(generator.integers(52, 64))
    n_beat = int(60 / track["bpm"] * SAMPLE_RATE)
    beats = []
    for name in track["progression"].split("-"):
        root, quality = chords[name]
        bass = 36 + (tonic + root) % 12
        voices = [bass, *(lowest + (tonic + root + step - lowest) % 12 for step in _CHORD[quality])]
        levels = [1.0, *generator.uniform(0.6, 1.0, len(voices) - 1)]
        tones = [tone(timbre, hertz(midi + tuning), n_beat, generator, n_partials=14) for midi in voices]
        beats.append(sum(level * voice for level, voice in zip(levels, tones, strict=True)))
        lowest += int(generator.integers(-2, 3))
    return np.concatenate(beats)


def _write(path: Path, signal: np.ndarray) -> None:
    import soundfile

    soundfile.write(path, np.round(signal * 32767).astype(np.int16), SAMPLE_RATE, subtype="PCM_16")
