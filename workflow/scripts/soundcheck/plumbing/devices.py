"""Which device a job may use: asked of whichever framework its environment has."""

import importlib.util


def device_of(gpu: bool) -> str:
    """`cuda` when the job holds a GPU and there really is one: a scheduler may promise what is not there."""
    return "cuda" if gpu and _sees_a_gpu() else "cpu"


def _sees_a_gpu() -> bool:
    if importlib.util.find_spec("torch"):
        import torch

        return torch.cuda.is_available()
    if importlib.util.find_spec("tensorflow"):
        from soundcheck.plumbing.tensorflow_runtime import import_tensorflow

        return bool(import_tensorflow("a job with a GPU").config.list_physical_devices("GPU"))
    if importlib.util.find_spec("onnxruntime"):
        import onnxruntime

        return "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    return False
