"""Real runs of the workflow on small audio that the tests write."""

import csv
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import soundfile
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
RATE = 16_000
PROBE = {"name": "linear", "hidden_units": [], "epochs": 5}
TASK = {"name": "sound", "type": "multiclass_classification"}


@dataclass(frozen=True)
class Run:
    """How a run of Snakemake ended: its exit status, and what the terminal showed."""

    status: int
    output: str


def command(directory, *arguments, cores=2, repository=REPOSITORY):
    """The command line of a run in `directory`, with its config.yaml."""
    return [
        *(sys.executable, "-m", "snakemake", "--snakefile", str(repository / "Snakefile")),
        *("--directory", str(directory), "--configfile", str(directory / "config.yaml"), "--cores", str(cores)),
        *map(str, arguments),
    ]


def snakemake(directory, *arguments, cores=2, repository=REPOSITORY):
    """Run Snakemake in `directory` to its end."""
    done = subprocess.run(
        command(directory, *arguments, cores=cores, repository=repository),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=1800,
        check=False,
    )
    return Run(done.returncode, done.stdout)


def copied_workflow(destination):
    """A copy of what a run needs of the repository, in which a test may change the library; returns its path."""
    for name in ("rules", "workflow", "config", "envs", "profiles"):
        shutil.copytree(REPOSITORY / name, destination / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(REPOSITORY / "Snakefile", destination)
    return destination


def write_config(directory, *experiments, **settings):
    """Write config.yaml; each experiment says what differs from the smallest one that makes sense."""
    smallest = {"task": TASK, "probes": [PROBE], "embedders": ["handcrafted-spectral"], "datasets": [folder()]}
    config = {"seeds": 1, "resamples": 100, "autotable": ["embedders"]} | settings
    config["experiments"] = [smallest | experiment for experiment in experiments or [{}]]
    (directory / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")


def folder(name="mine", dir="audio", **options):
    """The dataset `name`, a folder of one's own."""
    return {"name": name, "type": "folder", "dir": dir, "split_type": [0.5, 0.25, 0.25]} | options


def sound(kind, number, n_samples=4800, rate=RATE):
    """A short sound, mono float32: a low tone, a high tone, or noise."""
    generator = np.random.default_rng(number)
    time_s = np.arange(n_samples) / rate
    pitch_hz = {"low": 220, "high": 1760}.get(kind, 0) * (1 + 0.02 * number)
    tone = np.sin(2 * np.pi * pitch_hz * time_s) if pitch_hz else 0.0
    return (0.3 * tone + 0.03 * generator.normal(size=n_samples)).astype(np.float32)


def write_sounds(directory, n_each=12, kinds=("low", "high", "noise")):
    """Write `<kind>/<number>.wav` below `directory`, a folder a class; return the paths, relative to it."""
    paths = [f"{kind}/{number:02}.wav" for kind in kinds for number in range(n_each)]
    for path in paths:
        kind, number = path.removesuffix(".wav").split("/")
        (directory / kind).mkdir(parents=True, exist_ok=True)
        soundfile.write(directory / path, sound(kind, int(number)), RATE)
    return paths


def write_rows(path, columns, rows):
    """Write a CSV."""
    with open(path, "w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(columns)
        writer.writerows(rows)


def read_rows(path):
    """The rows of a CSV, as dictionaries."""
    with open(path, newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def table(path):
    """A Parquet table, as pandas has it."""
    return pq.read_table(path).to_pandas()


def wait_until(condition, seconds=60):
    """Wait until `condition()` is true; whether it became so in time."""
    end = time.monotonic() + seconds
    while not (met := condition()) and time.monotonic() < end:
        time.sleep(0.05)
    return met
