"""Audio to listen to: a few tracks of a dataset as a scenario leaves them. No number depends on these files."""

import hashlib
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from soundcheck import parquet
from soundcheck.audio import deformations
from soundcheck.audio import samples as audio
from soundcheck.seeds import seed_for

# In bytes: most disks take 255, of which a suffix and a digest have some.
_LONGEST = 200


def render(
    tracks_path: str, folder: str, scenario: str, transforms: list[dict], count: int, seed: int, output: str | Path
) -> list[str]:
    """Write `count` tracks, the same in every scenario, as float WAV files at their own rate; return their ids."""
    import soundfile

    tracks = parquet.read(tracks_path, columns=["track_id", "path", "left_out"]).to_pylist()
    usable = [track for track in tracks if track["left_out"] is None]
    random.Random(seed).shuffle(usable)
    track_ids = [track["track_id"] for track in tracks]
    names = dict(zip(track_ids, names_of(track_ids), strict=True))
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
        path = Path(output) / f"{names[track['track_id']]}.wav"
        soundfile.write(path, deformed, rate, subtype="FLOAT", format="WAV")
        written.append(track["track_id"])
    return written


def names_of(track_ids: Sequence[str]) -> list[str]:
    """Names of files, one for each id: the id itself, where a file can be called so and no other one is.

    Else a digest is added: `a/b` and `a_b` are two files, also where a disk does not tell case, and a name is never
    longer than a disk takes.
    """
    plain = [track_id.replace("/", "_") for track_id in track_ids]
    count = Counter(name.casefold() for name in plain)
    names = []
    for track_id, name in zip(track_ids, plain, strict=True):
        data = track_id.encode()
        if count[name.casefold()] > 1 or len(data) > _LONGEST:
            name = f"{data[:_LONGEST].decode(errors='ignore').replace('/', '_')}-{hashlib.sha256(data).hexdigest()[:8]}"
        names.append(name)
    return names
