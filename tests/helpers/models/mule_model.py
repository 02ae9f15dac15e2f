"""A stand-in for MULE: random weights behind its published input (96, 300, 1) and before its 1728 outputs.

TensorFlow is loaded in a process of its own: in one with another copy of it, such as Essentia's, it may crash.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

CHANNELS, KERNEL, STRIDE = 8, (12, 20), (12, 20)
# What stands for the package of MULE: a custom layer that loading the model must know.
PACKAGE = """
import tensorflow as tf

class ScalarMultiply(tf.keras.layers.Layer):
    def __init__(self, init_gain, **kwargs):
        super().__init__(**kwargs)
        self.init_gain = init_gain

    def call(self, inputs):
        return inputs * self.init_gain

    def get_config(self):
        return {**super().get_config(), "init_gain": self.init_gain}

class StochDepth(tf.keras.layers.Layer):
    pass

class WeightStandardization(tf.keras.layers.Layer):
    pass
"""


def weights(dimension: int = 1728) -> list[np.ndarray]:
    """Kernel and bias of the convolution, then of the dense layer."""
    generator = np.random.default_rng(0)
    shapes = [(*KERNEL, 1, CHANNELS), (CHANNELS,), (CHANNELS, dimension), (dimension,)]
    return [0.1 * generator.standard_normal(shape, dtype=np.float32) for shape in shapes]


def computed(slices: np.ndarray, gain: float = 1.0) -> np.ndarray:
    """The 1728 values of slices `(n, 96, 300)`, by NumPy alone."""
    kernel, bias, matrix, offset = (value.astype(np.float64) for value in weights())
    rows, columns = 96 // KERNEL[0], 300 // KERNEL[1]
    blocks = slices.reshape(len(slices), rows, KERNEL[0], columns, KERNEL[1])
    active = np.maximum(np.einsum("nrkcl,klo->nrco", blocks, kernel[:, :, 0]) + bias, 0)
    return (gain * active.mean(axis=(1, 2)) @ matrix + offset).astype(np.float32)


def write(path: str | Path) -> None:
    """Write the model as `model.keras`, or as a SavedModel where `path` has no suffix."""
    _run([str(path)])


def write_all(folder: Path) -> None:
    """Write `model.keras`, `saved_model`, `other_size.keras` (512 outputs), and `layered.keras`.

    The last has a layer of the package `mule`, which doubles its input; a stand-in for the package is in `package`.
    """
    layers = folder / "package" / "mule" / "models" / "layers"
    layers.mkdir(parents=True)
    (layers / "__init__.py").write_text(PACKAGE)
    names = ("model.keras", "saved_model", "other_size.keras", "layered.keras")
    _run([str(folder / name) for name in names], PYTHONPATH=str(folder / "package"))


def _run(paths: list[str], **environment: str) -> None:
    variables = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | environment
    subprocess.run([sys.executable, __file__, *paths], env=variables, check=True, capture_output=True, timeout=120)


def _write(path: Path) -> None:
    import tensorflow as tf

    dimension = 512 if path.stem == "other_size" else 1728
    layers = tf.keras.layers
    slices = tf.keras.Input((96, 300, 1))
    active = layers.Conv2D(CHANNELS, KERNEL, STRIDE, activation="relu")(slices)
    pooled = layers.GlobalAveragePooling2D()(active)
    if path.stem == "layered":
        from mule.models.layers import ScalarMultiply

        pooled = ScalarMultiply(2.0)(pooled)
    model = tf.keras.Model(slices, layers.Dense(dimension)(pooled))
    model.set_weights(weights(dimension))
    if path.suffix:
        model.save(path)
    else:
        model.export(path, verbose=False)


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        _write(Path(argument))
