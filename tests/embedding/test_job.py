"""Which device a job takes: the environments of the models have different frameworks, and some have none."""

import sys

import pytest

from soundcheck.embedding import job

FRAMEWORKS = ("torch", "tensorflow", "onnxruntime")


class Framework:
    """As much of a framework as tells of GPUs, in each one's way."""

    __spec__ = object()

    def __init__(self, has_gpu):
        self.cuda = self.config = self
        self.has_gpu = has_gpu

    def is_available(self):
        return self.has_gpu

    def list_physical_devices(self, kind):
        return [kind] * self.has_gpu

    def get_available_providers(self):
        return ["CUDAExecutionProvider"] * self.has_gpu + ["CPUExecutionProvider"]


@pytest.mark.parametrize("framework", FRAMEWORKS)
@pytest.mark.parametrize(("has_gpu", "device"), [(True, "cuda"), (False, "cpu")])
def test_the_framework_that_is_there_is_asked_for_a_gpu(framework, has_gpu, device, monkeypatch):
    for name in FRAMEWORKS:
        monkeypatch.setitem(sys.modules, name, Framework(has_gpu) if name == framework else None)
    assert job.device_of(True) == device


def test_without_a_framework_or_a_gpu_of_the_job_it_is_the_processor(monkeypatch):
    for name in FRAMEWORKS:
        monkeypatch.setitem(sys.modules, name, None)
    assert job.device_of(True) == "cpu"
    monkeypatch.setitem(sys.modules, "torch", Framework(True))
    assert job.device_of(False) == "cpu"
