"""What the builders of small TensorFlow graphs share; import it in the process of TensorFlow alone."""

import os
from pathlib import Path

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", TF_ENABLE_ONEDNN_OPTS="0", CUDA_VISIBLE_DEVICES="")

import numpy as np
import tensorflow as tf

tf1 = tf.compat.v1


class Weights:
    """Random weights, scaled so that values keep their size from layer to layer."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def draw(self, *shape: int) -> tf.Tensor:
        """A constant of normal deviates, over the root of the number of inputs."""
        return tf.constant((self.rng.standard_normal(shape) / np.sqrt(np.prod(shape[:-1]))).astype(np.float32))

    def conv(self, x: tf.Tensor, channels: int, size: int, stride: int = 1, padding: str = "SAME") -> tf.Tensor:
        """A convolution with bias and ReLU."""
        y = tf.nn.conv2d(x, self.draw(size, size, x.shape[-1], channels), stride, padding)
        return tf.nn.relu(tf.nn.bias_add(y, self.draw(channels)))

    def dense(self, x: tf.Tensor, size: int, name: str | None = None) -> tf.Tensor:
        """A dense layer over the last axis; `name` is that of its last node."""
        return tf.nn.bias_add(tf.tensordot(x, self.draw(x.shape[-1], size), 1), self.draw(size), name=name)


def pool(x: tf.Tensor, size: int = 2) -> tf.Tensor:
    """Max-pooling without padding."""
    return tf.nn.max_pool2d(x, size, size, "VALID")


def save(graph: tf1.Graph, path: Path) -> None:
    """Write a graph whose weights are constants in the form in which Essentia publishes it."""
    path.write_bytes(graph.as_graph_def().SerializeToString())


def run(path: Path, input_node: str, output_node: str, batch: np.ndarray) -> np.ndarray:
    """What TensorFlow itself computes with a frozen graph."""
    definition = tf1.GraphDef()
    definition.ParseFromString(path.read_bytes())
    graph = tf1.Graph()
    with graph.as_default():
        tf.import_graph_def(definition, name="")
    output = output_node if ":" in output_node else f"{output_node}:0"
    with tf1.Session(graph=graph) as session:
        return session.run(output, {f"{input_node}:0": batch})
