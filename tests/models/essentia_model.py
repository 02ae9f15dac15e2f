"""Small graphs with the node names and the shapes of the published Essentia models, and random weights."""

from pathlib import Path

import numpy as np
from models.processes import run_in

FILES = (
    "audioset-vggish-3.pb",
    "msd-musicnn-1.pb",
    "discogs_artist_embeddings-effnet-bs64-1.pb",
    "discogs-maest-30s-pw-1.pb",
)


@run_in("tensorflow")
def write(path: Path, seed: int = 0) -> None:
    """Write the graph that is published under this file's name."""
    from models.tensorflow_graphs import Weights, save, tf1

    builders = dict(zip(FILES, (_vggish, _musicnn, _effnet, _maest), strict=True))
    graph = tf1.Graph()
    with graph.as_default():
        builders[Path(path).name](Weights(seed))
    save(graph, Path(path))


@run_in("tensorflow")
def run(path: Path, input_node: str, output_node: str, batch: np.ndarray) -> np.ndarray:
    """What TensorFlow computes with the graph in a file."""
    from models import tensorflow_graphs

    return tensorflow_graphs.run(path, input_node, output_node, batch)


def _vggish(weights) -> None:
    from models.tensorflow_graphs import pool, tf, tf1

    x = tf1.placeholder(tf.float32, [None, 96, 64], name="model/Placeholder")[..., None]
    for channels in (4, 8, 8, 8):
        x = pool(weights.conv(x, channels, 3))
    weights.dense(tf.reshape(x, [-1, 6 * 4 * 8]), 128, name="model/vggish/embeddings")


def _musicnn(weights) -> None:
    from models.tensorflow_graphs import pool, tf, tf1

    x = tf1.placeholder(tf.float32, [None, 187, 96], name="model/Placeholder")[..., None]
    x = pool(weights.conv(pool(weights.conv(x, 4, 3), 4), 8, 3))
    x = tf.concat([tf.reduce_max(x, [1, 2]), tf.reduce_mean(x, [1, 2])], axis=1)
    x = weights.dense(x, 200, name="model/dense/BiasAdd")
    tf.sigmoid(weights.dense(tf.nn.relu(x), 50), name="model/Sigmoid")


def _effnet(weights) -> None:
    from models.tensorflow_graphs import tf, tf1

    x = tf1.placeholder(tf.float32, [64, 128, 96], name="serving_default_melspectrogram")

    def network(patches):
        y = weights.conv(weights.conv(patches[..., None], 4, 3, 2), 8, 3, 2)
        embeddings = weights.dense(tf.reduce_mean(y, [1, 2]), 1280)
        return weights.dense(tf.nn.relu(embeddings), 512), embeddings

    _as_function(network, x, "PartitionedCall")


def _maest(weights) -> None:
    from models.tensorflow_graphs import tf, tf1

    x = tf1.placeholder(tf.float32, [None, 1876, 96], name="serving_default_melspectrogram")

    def network(patches):
        y = weights.conv(patches[..., None], 4, 16, 10, "VALID")
        of_signal = weights.dense(tf.reshape(y, [-1, 187 * 9, 4]), 768)
        added = [weights.dense(tf.reduce_mean(y, [1, 2]), 768)[:, None] for _ in ("CLS", "DIST")]
        tokens = tf.concat([*added, of_signal], axis=1)
        blocks = [tokens * (1 + block / 10) for block in range(1, 13)]
        return weights.dense(tokens[:, 0], 400), *blocks

    _as_function(network, x, "StatefulPartitionedCall")


def _as_function(network, x, name: str) -> None:
    """Call a network as one operation, whose outputs are `name:0`, `name:1`, ..., as an exported model does."""
    from models.tensorflow_graphs import tf
    from tensorflow.python.framework import function

    defined = function.Defun(tf.float32, func_name=f"{name}_function")(lambda patches: network(_shaped(patches, x)))
    defined.add_to_graph(x.graph)
    types = [output.type for output in defined.definition.signature.output_arg]
    operation = getattr(tf.raw_ops, name)
    operation(args=[x], Tout=[tf.as_dtype(kind) for kind in types], f=defined, name=name)


def _shaped(patches, x):
    patches.set_shape(x.shape)
    return patches
