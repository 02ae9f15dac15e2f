"""What the audit of a dataset costs, beside decoding alone.

    python benchmarks/audit.py [N_TRACKS [THREADS]]

Renders clips of 30 s as MP3 and as WAV, 44.1 kHz, stereo, a quarter of them copies in other loudness; then reports
seconds per 1,000 tracks of decoding alone, of decoding with digest and fingerprint, and of the search for duplicates.
"""

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[1] / "workflow" / "scripts"
sys.path.insert(0, str(LIBRARY))

from soundcheck.plumbing.jobs import single_threaded  # noqa: E402

single_threaded()

import numpy as np  # noqa: E402
import soundfile  # noqa: E402

from soundcheck.audio import duplicates, fingerprints  # noqa: E402
from soundcheck.embedding.check import music  # noqa: E402
from soundcheck.plumbing.jobs.workers import processes  # noqa: E402

RATE, SECONDS = 44_100, 30.0


def render(folder: Path, suffix: str, count: int) -> list[tuple[str, str]]:
    """Write clips, every fourth a softer copy of the one before; return their `(track_id, path)`."""
    tracks = []
    for number in range(count):
        is_copy = number % 4 == 3
        mono = music(SECONDS, RATE, seed=number - is_copy) * np.float32(0.5 if is_copy else 1.0)
        path = folder / f"{number:05}.{suffix}"
        soundfile.write(path, np.stack([mono, 0.8 * mono], axis=1), RATE)
        tracks.append((path.stem, path.name))
    return tracks


def decode(path: str) -> int:
    """Decode a file and throw it away."""
    return len(soundfile.read(path, dtype="float32", always_2d=True)[0])


def seconds(function: Callable, *arguments: object) -> float:
    """Wall time of a call."""
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def decode_all(folder: Path, tracks: list[tuple[str, str]], threads: int) -> None:
    """What any reader of the audio has to do, on as many cores."""
    with processes(threads if threads > 1 else 0) as workers:
        list(workers.map(decode, [str(folder / name) for _, name in tracks], chunksize=8))


def main() -> None:
    """Print a Markdown table."""
    given = [int(argument) for argument in sys.argv[1:]]
    count, threads = [*given, *(200, 2)[len(given) :]]
    print(f"{count} clips of {SECONDS:g} s on {threads} threads; seconds per 1,000 tracks")
    print()
    print("| format | decoding alone | with digest and fingerprint | ratio | search | fingerprints, kB a track |")
    print("|---|---:|---:|---:|---:|---:|")
    for suffix in ("mp3", "wav"):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            tracks = render(folder, suffix, count)
            output = folder / "fingerprints.parquet"
            # The disk's cache is warm for both, and what is imported once is no part of a thousand tracks.
            decode_all(folder, tracks, threads)
            fingerprints.write_fingerprints(tracks[:2], folder, output, threads)
            decoding = seconds(decode_all, folder, tracks, threads)
            making = seconds(fingerprints.write_fingerprints, tracks, folder, output, threads)
            files = [folder / name for _, name in tracks]
            searching = seconds(duplicates.near_duplicates, output, files)
            found = len(duplicates.near_duplicates(output, files))
            assert found == count // 4, f"{found} near-duplicates, not {count // 4}"
            per_1000 = 1000 / count
            print(
                f"| {suffix} | {decoding * per_1000:.1f} | {making * per_1000:.1f} | {making / decoding:.2f} | "
                f"{searching * per_1000:.1f} | {output.stat().st_size / count / 1000:.1f} |",
                flush=True,
            )
    peak = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(f"\nPeak memory of a process: {peak / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
