"""Where the time of an embedding job goes, and how its memory grows with the dataset.

    python benchmarks/embedding.py FOLDER_OF_AUDIO [EMBEDDER ...]

Every job runs in a process of its own, on 1 and on 2 threads. `in the model` is the share of the job's processor time,
decoding and deforming included, that is spent inside the model's forward pass.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

LIBRARY = Path(__file__).resolve().parents[1] / "workflow" / "scripts"
sys.path.insert(0, str(LIBRARY))

from soundcheck.configuration import catalogue  # noqa: E402


def job(folder: str, name: str, scenario: str, threads: int, copies: int) -> dict:
    """Embed all audio below `folder`, each file `copies` times; seconds, shares and the peak memory in MB."""
    from soundcheck.plumbing.jobs import keep_freed_memory, single_threaded

    single_threaded()
    keep_freed_memory()
    import time

    from soundcheck.audio.preparation import Condition
    from soundcheck.datasets.index import header
    from soundcheck.datasets.support.audio_files import audio_files
    from soundcheck.embedding import driver, families

    known = catalogue.load(LIBRARY.parents[1])
    entry = {"family": known.embedders[name]["family"], **known.embedders[name]["options"]}
    transforms = known.deformations[scenario]
    durations = [(path, header(Path(folder) / path)["duration_s"] or 0.0) for path in audio_files(Path(folder))]
    tracks = [(f"{path}#{copy}", path, seconds) for path, seconds in durations for copy in range(copies)]
    with tempfile.TemporaryDirectory() as output:
        start = time.perf_counter()
        embedder = families.load(entry, "cpu")
        condition = Condition(folder, scenario, transforms, 42, embedder.sample_rate)
        model = driver.Model(name, embedder, threads)
        statistics = driver.embed(tracks, condition, model, f"{output}/e.parquet", f"{output}/a.csv", {})
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    audio_s = sum(duration for *_, duration in tracks)
    return {
        "tracks": statistics.n_embedded,
        "audio_s": audio_s,
        "seconds": seconds,
        "in_model": statistics.model_share,
        "preparation_ms_per_s": 1000 * statistics.preparation_s / audio_s,
        "peak_mb": peak / 1024,
    }


def in_own_process(*arguments: object) -> dict:
    """Run `job` in a fresh process, so that memory and imports are its own."""
    command = [sys.executable, __file__, "--job", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=os.environ)
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Print a Markdown table."""
    folder, names = sys.argv[1], sys.argv[2:] or ["crepe-tiny"]
    print("| embedder | condition | threads | tracks | audio, s | time, s | in the model | peak memory, MB |")
    print("|---|---|---:|---:|---:|---:|---:|---:|")
    for name in names:
        for scenario, threads, copies in [
            ("clean", 1, 1),
            ("clean", 2, 1),
            ("D1", 2, 1),
            ("D3", 2, 1),
            ("clean", 2, 3),
        ]:
            result = in_own_process(folder, name, scenario, threads, copies)
            print(
                f"| {name} | {scenario} | {threads} | {result['tracks']:,} | {result['audio_s']:,.0f} | "
                f"{result['seconds']:.1f} | {result['in_model']:.0%} | {result['peak_mb']:,.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    if sys.argv[1] == "--job":
        print(json.dumps(job(sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5]), int(sys.argv[6]))))
    else:
        main()
