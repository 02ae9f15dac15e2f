"""Audio to listen to: a few tracks of a dataset as a scenario leaves them. No number depends on these files."""

import random
from pathlib import Path

from soundcheck import parquet
from soundcheck.audio import deformations
from soundcheck.audio import samples as audio
from soundcheck.seeds import seed_for


def render(
    tracks_path: str, folder: str, scenario: str, transforms: list[dict], count: int, seed: int, output: str | Path
) -> list[str]:
    """Write `count` tracks, the same in every scenario, as float WAV files at their own rate; return their ids."""
    import soundfile

    tracks = parquet.read(tracks_path, columns=["track_id", "path", "left_out"]).to_pylist()
    usable = [track for track in tracks if track["left_out"] is None]
    random.Random(seed).shuffle(usable)
    Path(output).mkdir(parents=True, exist_ok=True)
    written: list[str] = []
    for track in usable:
        if len(written) == count:
            break
        try:
            samples, rate = audio.decode(Path(folder) / track["path"])
            deformed = deformations.deform(samples, rate, transforms, seed_for(seed, scenario, track["track_id"]))
        except audio.UnusableAudioError as reason:
            print(f"{track['track_id']} is left out: {reason}")
            continue
        name = track["track_id"].replace("/", "_")
        soundfile.write(Path(output) / f"{name}.wav", deformed, rate, subtype="FLOAT")
        written.append(track["track_id"])
    return written
