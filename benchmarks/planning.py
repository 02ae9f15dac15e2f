"""How long Snakemake takes to plan: a dry run of 10,000 cells, and a run in which nothing is left to do.

    python benchmarks/planning.py [CONFIG OF A FINISHED RUN]

Run it from the root of a checkout; without a finished run only the dry run is timed.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

SNAKEMAKE = [sys.executable, "-m", "snakemake", "--cores", "2"]


def ten_thousand_cells() -> dict:
    """4 tasks x 20 conditions x 25 embedders x 5 probes on one dataset."""
    variants = [
        {"name": f"variant-{hop}", "like": "crepe-tiny", "options": {"hop_s": round(0.005 * hop, 3)}}
        for hop in range(1, 26)
    ]
    scenarios = [
        {"type": "AddGaussianSNR", "params": {"min_snr_db": level, "max_snr_db": level}} for level in range(19)
    ]
    tasks = ["instrument_classification", "pitch_class_classification", "key_estimation", "autotagging"]
    shared = {
        "datasets": ["synthetic"],
        "deformations": scenarios,
        "embedders": variants,
        "probes": [f"M{i}" for i in range(1, 6)],
    }
    return {"results": "results/planning", "experiments": [{"task": task, **shared} for task in tasks]}


def timed(arguments: list[str]) -> tuple[float, str]:
    """Wall seconds and output of a Snakemake call that must succeed."""
    start = time.perf_counter()
    done = subprocess.run([*SNAKEMAKE, *arguments], capture_output=True, text=True, check=True)
    return time.perf_counter() - start, done.stdout + done.stderr


def main() -> None:
    """Print a Markdown table."""
    print("| what | seconds | jobs |\n|---|---:|---:|")
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config.yaml"
        config.write_text(yaml.safe_dump(ten_thousand_cells()))
        seconds, output = timed(["--dry-run", "--quiet", "rules", "--configfile", str(config)])
    jobs = next(line.split()[1] for line in output.splitlines() if line.startswith("total"))
    print(f"| dry run of 10,000 cells | {seconds:.1f} | {jobs} |")
    for finished in sys.argv[1:]:
        seconds, output = timed(["--configfile", finished])
        assert "Nothing to be done" in output, f"{finished} is not finished"
        print(f"| a run of {finished} with nothing to do | {seconds:.1f} | 0 |")


if __name__ == "__main__":
    main()
