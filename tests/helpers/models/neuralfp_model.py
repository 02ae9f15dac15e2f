"""A NeuralFP checkpoint with random weights, written by TensorFlow with the names of the published one.

TensorFlow runs in a process of its own: it cannot be loaded beside Essentia.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

CHANNELS = [128, 128, 256, 256, 512, 512, 1024, 1024]
STRIDES = [2, 2, 2, 2, 1, 2, 1, 2]


def variables(seed: int = 0) -> dict[str, np.ndarray]:
    """Every variable of the network by its published name: 576 of them, 16,939,008 numbers."""
    rng = np.random.default_rng(seed)

    def normal(*shape, scale=0.1):
        return scale * rng.standard_normal(shape, dtype=np.float32)

    values = {}
    bands, frames, inputs = 256, 32, 1
    for layer, (channels, stride) in enumerate(zip(CHANNELS, STRIDES, strict=True)):
        place = f"model/front_conv/layer_with_weights-{layer}"
        for taps, n_inputs in (("1x3", inputs), ("3x1", channels)):
            bands, frames = (bands, -(-frames // stride)) if taps == "1x3" else (bands // 2, frames)
            size = (1, 3) if taps == "1x3" else (3, 1)
            values[f"{place}/conv2d_{taps}/kernel"] = normal(*size, n_inputs, channels, scale=(1 / n_inputs) ** 0.5)
            values[f"{place}/conv2d_{taps}/bias"] = normal(channels)
            values[f"{place}/BN_{taps}/gamma"] = 1 + normal(bands, frames, channels)
            values[f"{place}/BN_{taps}/beta"] = normal(bands, frames, channels)
        inputs = channels
    for number in range(128):
        place = f"model/div_enc/split_fc_layers/{number}/layer_with_weights"
        values[f"{place}-0/kernel"] = normal(8, 32, scale=0.5)
        values[f"{place}-0/bias"] = normal(32)
        values[f"{place}-1/kernel"] = normal(32, 1, scale=0.5)
        values[f"{place}-1/bias"] = normal(1)
    return values


def write(prefix: str | Path, seed: int = 0, optimizer: bool = False) -> None:
    """Write `<prefix>.index` and `<prefix>.data-00000-of-00001`, with `optimizer` as in the midst of a training."""
    in_tensorflow(f"from models import neuralfp_model as m; m.save({str(prefix)!r}, m.variables({seed}), {optimizer})")


def in_tensorflow(code: str) -> None:
    """Run Python code in a process in which TensorFlow may be loaded and this folder's modules be imported."""
    environment = os.environ | {
        "PYTHONPATH": str(Path(__file__).resolve().parents[1]),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "TF_NUM_INTRAOP_THREADS": "1",
        "TF_NUM_INTEROP_THREADS": "1",
        "CUDA_VISIBLE_DEVICES": "",
    }
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def save(prefix: str, values: dict[str, np.ndarray], optimizer: bool = False) -> None:
    """Write variables as `tf.train.Checkpoint` does; runs inside TensorFlow."""
    import tensorflow as tf

    stored = {f"{name}/.ATTRIBUTES/VARIABLE_VALUE": value for name, value in values.items()}
    stored["_CHECKPOINTABLE_OBJECT_GRAPH"] = np.array(b"the graph of objects")
    stored["save_counter/.ATTRIBUTES/VARIABLE_VALUE"] = np.int64(100)
    if optimizer:
        stored["optimizer/learning_rate/.ATTRIBUTES/VARIABLE_VALUE"] = np.float32(1e-4)
        for name in list(values)[:3]:
            slot = f"{name}/.OPTIMIZER_SLOT/optimizer/m/.ATTRIBUTES/VARIABLE_VALUE"
            stored[slot] = np.zeros_like(values[name])
    tf.raw_ops.SaveV2(
        prefix=prefix,
        tensor_names=list(stored),
        shape_and_slices=[""] * len(stored),
        tensors=[tf.constant(value) for value in stored.values()],
    )
