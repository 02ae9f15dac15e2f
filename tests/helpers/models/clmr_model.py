"""A CLMR checkpoint with random weights, in the form and with the names of the published one."""

import io
import zipfile
from pathlib import Path

import torch

# (inputs, outputs, whether the layer is followed by a max-pooling); kernels have three taps.
LAYERS = [
    (1, 128, False),
    *[(128, 128, True)] * 2,
    (128, 256, True),
    *[(256, 256, True)] * 5,
    (256, 512, True),
    (512, 512, False),
]


def encoder(seed: int = 0) -> dict[str, torch.Tensor]:
    """Tensors `sequential.{layer}.{0 or 1}.{name}` of a size that keeps sounds apart up to the last layer."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(shape, generator=generator)

    state = {}
    for layer, (inputs, outputs, _) in enumerate(LAYERS):
        convolution, norm = f"sequential.{layer}.0", f"sequential.{layer}.1"
        state[f"{convolution}.weight"] = normal(outputs, inputs, 3) * (2 / (3 * inputs)) ** 0.5
        state[f"{convolution}.bias"] = 0.1 * normal(outputs)
        state[f"{norm}.weight"] = 0.8 + 0.2 * normal(outputs).abs()
        state[f"{norm}.bias"] = 0.1 * normal(outputs)
        state[f"{norm}.running_mean"] = 0.1 * normal(outputs)
        state[f"{norm}.running_var"] = 0.8 + 0.4 * normal(outputs).abs()
        state[f"{norm}.num_batches_tracked"] = torch.tensor(10_000)
    return state


def checkpoint(seed: int = 0) -> dict[str, torch.Tensor]:
    """The published names: the encoder, with its last layer, and the projector."""
    state = {f"encoder.{name}": value for name, value in encoder(seed).items()}
    return state | {
        "encoder.fc.weight": torch.zeros(50, 512),
        "encoder.fc.bias": torch.zeros(50),
        "projector.0.weight": torch.zeros(512, 512),
        "projector.2.weight": torch.zeros(64, 512),
    }


def write(path: str | Path, seed: int = 0) -> None:
    """Write `clmr_checkpoint_10000.zip`: the checkpoint, and its optimiser's, which is not a model."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, state in (("", checkpoint(seed)), ("_optim", {"state": {}, "param_groups": []})):
            stored = io.BytesIO()
            torch.save(state, stored)
            archive.writestr(f"clmr_checkpoint_10000{name}.pt", stored.getvalue())
