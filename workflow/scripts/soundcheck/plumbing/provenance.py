"""Where results come from: this checkout's commit, and the versions of the packages that made them."""

import contextlib
import importlib.util
import os
import platform
import subprocess
import sys
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

_SHARED = ("numpy", "scipy", "soundfile", "soxr", "librosa", "torch")
OF_TRANSFORMS = ("audiomentations", "fast_mp3_augment", "numpy_audio_limiter", "pyroomacoustics", "python_stretch")
# By these, libraries take the instructions of an older processor than that which is there.
_LIMITS = (
    "OPENBLAS_CORETYPE",
    "ONEDNN_MAX_CPU_ISA",
    "ATEN_CPU_CAPABILITY",
    "MKL_ENABLE_INSTRUCTIONS",
    "NPY_DISABLE_CPU_FEATURES",
)
_OF_MODELS = ("torchcrepe", "transformers", "tensorflow", "tf_keras", "onnxruntime")
# Packages whose version can change a number.
PACKAGES = (*_SHARED, *OF_TRANSFORMS, *_OF_MODELS, "mir_eval", "mirdata")
# Packages of the analysis: splits, scores, tables, figures.
OF_THE_ANALYSIS = tuple(
    sorted((*_SHARED, "audiomentations", "matplotlib", "mir_eval", "pandas", "pyarrow", "scikit-learn", "snakemake"))
)


def commit() -> str:
    """The commit of this library's checkout, marked `-dirty` where files differ from it; empty outside git."""
    command = ["git", "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    except FileNotFoundError:
        return ""


def processor() -> str:
    """The name of the processor, where the system knows it, and the number of its cores."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine() or "unknown"


def kernels() -> dict[str, str]:
    """The vector instructions that the libraries which this process has loaded make use of, by library.

    The last digits of a number depend on them, and on the version of the library.
    """
    found = {}
    if "numpy" in sys.modules:
        found["numpy"] = _instructions_of_numpy()
    if "torch" in sys.modules:
        found["torch"] = sys.modules["torch"].backends.cpu.get_cpu_capability()
    if importlib.util.find_spec("threadpoolctl"):
        import threadpoolctl

        for library in threadpoolctl.threadpool_info():
            if library["internal_api"] == "openblas" and library.get("architecture"):
                found["OpenBLAS"] = library["architecture"]
    return found | {variable: os.environ[variable] for variable in _LIMITS if variable in os.environ}


def _instructions_of_numpy() -> str:
    import numpy

    extensions = numpy.show_config(mode="dicts")["SIMD Extensions"]
    return [*extensions["baseline"], *extensions.get("found", [])][-1]


def versions() -> dict[str, str]:
    """Versions of Python and of the packages that this process has loaded and whose version can change a number."""
    python = {"python": ".".join(map(str, sys.version_info[:3]))}
    return python | {package: metadata.version(package) for package in PACKAGES if package in sys.modules}


def installed_versions(packages: Iterable[str]) -> dict[str, str]:
    """Versions of those of the packages that are installed."""
    found = {}
    for package in packages:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[package] = metadata.version(package)
    return found
