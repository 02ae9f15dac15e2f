"""Where results come from: this checkout's commit, and the versions of the packages that made them."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

_SHARED = ("numpy", "scipy", "soundfile", "soxr", "audiomentations", "librosa", "torch")
# Packages whose version can change an embedding.
PACKAGES = (*_SHARED, "torchcrepe", "transformers", "tensorflow", "tf_keras", "onnxruntime")
# Packages of the analysis: splits, scores, tables, figures.
OF_THE_ANALYSIS = tuple(sorted((*_SHARED, "matplotlib", "mir_eval", "pandas", "pyarrow", "scikit-learn", "snakemake")))


def commit() -> str:
    """The commit of this library's checkout, marked `-dirty` where files differ from it; empty outside git."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except FileNotFoundError:
        return ""


def versions() -> dict[str, str]:
    """Versions of Python and of those packages that this process has loaded or that carry weights."""
    found = {"python": ".".join(map(str, sys.version_info[:3]))}
    for package in PACKAGES:
        if package in sys.modules:
            found[package] = metadata.version(package)
    return found
