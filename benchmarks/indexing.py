"""How long it takes to list 25,000 tracks: a folder per class, a CSV, and a dataset of mirdata, on generated files.

python benchmarks/indexing.py [tracks]
"""

import csv
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "workflow" / "scripts"))

import numpy as np
import soundfile

from soundcheck.datasets import index, sources

N_CLASSES = 50
N_ARTISTS = 500
N_WORKERS = 4
KEYS = ("C major", "Db major", "F# minor", "A minor")


def main(n_tracks: int) -> None:
    print("| dataset | tracks | listed | left out | tracks() (s) | index job (s) |\n|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as directory:
        for make in (
            folder_of_classes,
            csv_of_labels,
            mirdata_with_a_table,
            mirdata_with_a_file_a_track,
            mirdata_absent,
        ):
            folder = Path(directory) / make.__name__
            module, options = make(folder, n_tracks)
            module = sources.load(module)
            start = time.perf_counter()
            module.tracks(folder, **options)
            listed = time.perf_counter()
            table, metadata = index.index(module, folder, make.__name__, options, N_WORKERS)
            spans = f"{listed - start:.1f} | {time.perf_counter() - listed:.1f}"
            name = make.__name__.replace("_", " ")
            print(f"| {name} | {n_tracks:,} | {table.num_rows:,} | {metadata['n_left_out']:,} | {spans} |", flush=True)
            shutil.rmtree(folder)


def folder_of_classes(folder: Path, n_tracks: int) -> tuple[str, dict]:
    write_audio(folder, [f"class {i % N_CLASSES:02}/{i:06}.wav" for i in range(n_tracks)])
    return "folder", {}


def csv_of_labels(folder: Path, n_tracks: int) -> tuple[str, dict]:
    paths = [f"{i % 100:02}/{i:06}.wav" for i in range(n_tracks)]
    write_audio(folder, paths)
    with open(folder / "tracks.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "label", "split", "group"])
        parts = ("train", "train", "train", "validation", "test")
        writer.writerows(
            [path, f"label {i % N_CLASSES}", parts[i % 5], f"artist {i % N_ARTISTS}"] for i, path in enumerate(paths)
        )
    return "folder", {"csv": "tracks.csv"}


def mirdata_with_a_table(folder: Path, n_tracks: int) -> tuple[str, dict]:
    """TinySOL's layout: one CSV describes all tracks."""
    names = [f"Fl-ord-C4-mf-{i:06}-N" for i in range(n_tracks)]
    write_audio(folder, [f"audio/{name}.wav" for name in names])
    lines = ["Path,Fold,Family,a,Instrument,t,Technique,Pitch,Pitch ID,Dynamics,Dynamics ID,Instance ID,String,Retuned"]
    lines += [
        f"{name}.wav,{i % 5},Winds,Fl,Instrument {i % 14},ord,ordinario,C#4,61,mf,2,0,,FALSE"
        for i, name in enumerate(names)
    ]
    (folder / "annotation").mkdir()
    (folder / "annotation" / "TinySOL_metadata.csv").write_text("\n".join(lines))
    write_index(folder, {name: {"audio": [f"audio/{name}.wav", None]} for name in names})
    return "mirdata_adapter", {"dataset": "tinysol", "index": "index.json"}


def mirdata_with_a_file_a_track(folder: Path, n_tracks: int) -> tuple[str, dict]:
    """Beatport's layout: two files of annotations for each track; groups are connected artists."""
    audio = [f"audio/{i:06}.wav" for i in range(n_tracks)]
    write_audio(folder, audio)
    for name in ("keys", "meta"):
        (folder / name).mkdir()
    for i in range(n_tracks):
        (folder / "keys" / f"{i:06}.txt").write_text(KEYS[i % len(KEYS)])
        artists = [{"name": f"artist {i % N_ARTISTS}"}, {"name": f"artist {(i % N_ARTISTS) // 2}"}]
        (folder / "meta" / f"{i:06}.json").write_text(json.dumps({"artists": artists}))
    files = {
        str(i): {"audio": [path, None], "key": [f"keys/{i:06}.txt", None], "meta": [f"meta/{i:06}.json", None]}
        for i, path in enumerate(audio)
    }
    write_index(folder, files)
    return "mirdata_adapter", {"dataset": "beatport_key", "index": "index.json"}


def mirdata_absent(folder: Path, n_tracks: int) -> tuple[str, dict]:
    """All but one of the index's tracks are missing."""
    module, options = mirdata_with_a_table(folder, n_tracks)
    for path in sorted((folder / "audio").iterdir())[1:]:
        path.unlink()
    return module, options


def write_index(folder: Path, tracks: dict) -> None:
    (folder / "index.json").write_text(json.dumps({"version": "1", "tracks": tracks}))


def write_audio(folder: Path, paths: list[str]) -> None:
    """A tenth of a second of noise under each path."""
    folder.mkdir(parents=True)
    first = folder / "first.wav"
    soundfile.write(first, np.random.default_rng(0).uniform(-0.1, 0.1, 1600), 16000)
    content = first.read_bytes()
    first.unlink()
    for parent in {os.path.dirname(path) for path in paths}:
        (folder / parent).mkdir(parents=True, exist_ok=True)
    for path in paths:
        (folder / path).write_bytes(content)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 25_000)
