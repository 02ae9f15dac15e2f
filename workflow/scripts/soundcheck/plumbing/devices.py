"""Which device a job may use: a GPU of its own, where a framework that its environment has can use one."""

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from soundcheck.plumbing.locks import take_lock
from soundcheck.plumbing.logs import tell

FRAMEWORKS = ("torch", "tensorflow", "onnxruntime")
# The variable by which CUDA, and so each framework, knows the GPUs that it may use. Slurm sets it.
VISIBLE = "CUDA_VISIBLE_DEVICES"
# Has an entry for each GPU, where there is NVIDIA's driver.
_OF_THE_DRIVER = Path("/proc/driver/nvidia/gpus")
# By which name frameworks say that the memory of a GPU is used up.
_OUT_OF_MEMORY = {"OutOfMemoryError", "ResourceExhaustedError"}


def device_of(gpu: bool, frameworks: Iterable[str] = FRAMEWORKS) -> str:
    """`cuda` when the job holds a GPU and there really is one: a scheduler may promise what is not there.

    The first of `frameworks` that is installed is asked. On a machine with several GPUs the job takes one that no other
    job has.
    """
    installed = next((name for name in frameworks if importlib.util.find_spec(name)), "")
    if not gpu or not installed:
        return "cpu"
    there = gpus()
    take_a_gpu(there)
    if _sees_a_gpu(installed):
        return "cuda"
    if there:
        tell(f"note: this job was given a GPU, which {installed} cannot use as it is installed: it uses the processor")
    return "cpu"


def gpus(of_the_driver: Path = _OF_THE_DRIVER) -> list[str]:
    """The GPUs of this machine, or the parts (MIG) that they are divided into, as `CUDA_VISIBLE_DEVICES` names them.

    No framework is asked: once it has looked for GPUs, it keeps to all that it saw.
    """
    if program := shutil.which("nvidia-smi"):
        listed = subprocess.run([program, "-L"], capture_output=True, text=True, check=False).stdout
        for kind in ("MIG", "GPU"):
            if found := re.findall(rf"UUID: ({kind}-[\w/-]+)", listed):
                return found
    return [str(number) for number, _ in enumerate(of_the_driver.iterdir())] if of_the_driver.is_dir() else []


def take_a_gpu(there: Sequence[str], locks: Path | None = None) -> None:
    """Let this process use the first of these GPUs that no other job has, and that alone, until it ends.

    Where a scheduler or the user has chosen already, their choice stays. `locks` is a folder of this machine's.
    """
    if VISIBLE in os.environ or not there:
        return
    folder = locks or Path(tempfile.gettempdir(), f"soundcheck-gpus-{os.getuid()}")
    free = (gpu for gpu in there if take_lock(folder / f"{gpu.replace('/', '-')}.lock"))
    taken = next(free, None)
    if taken is None:
        taken = there[os.getpid() % len(there)]
        tell(f"note: more jobs use a GPU than there are ({len(there)}): this one shares GPU {taken} with another")
    os.environ[VISIBLE] = taken


def is_out_of_memory(error: BaseException) -> bool:
    """Whether a framework says that the memory of its GPU is used up."""
    return any(kind.__name__ in _OUT_OF_MEMORY for kind in type(error).__mro__)


def _sees_a_gpu(framework: str) -> bool:
    if framework == "torch":
        import torch

        return torch.cuda.is_available()
    if framework == "tensorflow":
        from soundcheck.plumbing.tensorflow_runtime import import_tensorflow

        return bool(import_tensorflow("a job with a GPU").config.list_physical_devices("GPU"))
    if framework == "onnxruntime":
        import onnxruntime

        return "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    return False
