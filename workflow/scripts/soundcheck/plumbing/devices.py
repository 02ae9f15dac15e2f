"""Which device a job may use: asked of a framework that its environment has."""

import importlib.util
from collections.abc import Iterable

FRAMEWORKS = ("torch", "tensorflow", "onnxruntime")


def device_of(gpu: bool, frameworks: Iterable[str] = FRAMEWORKS) -> str:
    """`cuda` when the job holds a GPU and there really is one: a scheduler may promise what is not there.

    The first of `frameworks` that is installed is asked.
    """
    installed = (name for name in frameworks if importlib.util.find_spec(name))
    return "cuda" if gpu and _sees_a_gpu(next(installed, "")) else "cpu"


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
