"""A small ONNX model of samples with random weights, and what it computes, by torch."""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

RATE = 8000
CHANNELS, KERNEL, STRIDE = 8, 64, 16


def weights(dim: int = 6, seed: int = 0) -> dict[str, np.ndarray]:
    """The random weights of the model, by name."""
    generator = np.random.default_rng(seed)
    shapes = {"kernel": (CHANNELS, 1, KERNEL), "bias": (CHANNELS,), "projection": (CHANNELS, dim)}
    return {name: generator.standard_normal(shape, dtype=np.float32) / 4 for name, shape in shapes.items()}


def write(
    path: str | Path,
    axes: int = 2,
    batch: int | str = "batch",
    samples: int | str = "samples",
    dim: int = 6,
    declared: int | str | None = None,
    more_inputs: tuple = (),
    input_type: int = TensorProto.FLOAT,
    output_type: int = TensorProto.FLOAT,
    beside: bool = False,
) -> None:
    """Write a convolution, ReLU, mean over time, projection: `audio` to `embedding` (batch, dim).

    Other outputs: `frames` is the ReLU's as (batch, frames, 8), `map` as (batch, 8, frames, 1), an axis too many.
    `audio` has 2, 3 or (too many) 4 `axes`; `declared` is the size of the embedding that the
    file states, `output_type` the kind of its numbers; `beside` puts the weights into a file of their own.
    """
    shape = {2: [batch, samples], 3: [batch, 1, samples], 4: [batch, 1, samples, 1]}[axes]
    given = helper.make_tensor_value_info("audio", input_type, shape)
    stated = dim if declared is None else declared
    outputs = [
        helper.make_tensor_value_info("embedding", output_type, [batch, stated]),
        helper.make_tensor_value_info("frames", TensorProto.FLOAT, [batch, "n_frames", CHANNELS]),
        helper.make_tensor_value_info("map", TensorProto.FLOAT, [batch, CHANNELS, "n_frames", 1]),
    ]
    nodes = [
        helper.make_node("Cast", ["audio"], ["numbers"], to=TensorProto.FLOAT),
        helper.make_node("Reshape", ["numbers", "one_channel"], ["channel"]),
        helper.make_node("Conv", ["channel", "kernel", "bias"], ["convolved"], strides=[STRIDE]),
        helper.make_node("Relu", ["convolved"], ["active"]),
        helper.make_node("Transpose", ["active"], ["frames"], perm=[0, 2, 1]),
        helper.make_node("Unsqueeze", ["active", "last_axis"], ["map"]),
        helper.make_node("ReduceMean", ["active"], ["mean"], axes=[2], keepdims=0),
        helper.make_node("MatMul", ["mean", "projection"], ["projected"]),
        helper.make_node("Cast", ["projected"], ["embedding"], to=output_type),
    ]
    constants = [numpy_helper.from_array(value, name) for name, value in weights(dim).items()]
    constants.append(numpy_helper.from_array(np.array([0, 1, -1], np.int64), "one_channel"))
    constants.append(numpy_helper.from_array(np.array([3], np.int64), "last_axis"))
    others = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in more_inputs]
    graph = helper.make_graph(nodes, "model", [given, *others], outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    if beside:
        onnx.save(model, path, save_as_external_data=True, location=f"{Path(path).name}.data", size_threshold=64)
    else:
        onnx.save(model, path)


@torch.inference_mode()
def computed(samples: np.ndarray, dim: int = 6) -> tuple[np.ndarray, np.ndarray]:
    """The embeddings `(batch, dim)` and the frames `(batch, n_frames, 8)` of samples `(batch, n_samples)`."""
    parts = {name: torch.from_numpy(value) for name, value in weights(dim).items()}
    active = torch.nn.functional.conv1d(torch.from_numpy(samples)[:, None], parts["kernel"], parts["bias"], STRIDE)
    active = active.relu()
    return (active.mean(2) @ parts["projection"]).numpy(), active.transpose(1, 2).numpy()
