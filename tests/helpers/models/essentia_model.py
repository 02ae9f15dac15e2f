"""Small graphs with the node names and the shapes of the published Essentia models, and random weights."""

from pathlib import Path

import numpy as np
from models.processes import run_in

FILES = (
    "audioset-vggish-3.pb",
    "msd-musicnn-1.pb",
    "discogs_artist_embeddings-effnet-bs64-1.pb",
    "discogs-maest-30s-pw-1.pb",
    "fsd-sinet-vgg42-tlpf_aps-1.pb",
    "deeptemp-k16-3.pb",
    "crepe-full-1.pb",
    "waveform.pb",  # not of the collection: a graph of one's own
    "genre-head.pb",  # a classification head, for the embeddings of MusiCNN
)


@run_in("tensorflow")
def write(path: Path, seed: int = 0) -> None:
    """Write the graph that is published under this file's name.

    Those that take other input than the spectrogram as it is also have a node `given`, which returns that input.
    """
    from models.tensorflow_graphs import Weights, save, tf1

    networks = (_vggish, _musicnn, _effnet, _maest, _fsd_sinet, _tempo_cnn, _crepe, _waveform, _head)
    builders = dict(zip(FILES, networks, strict=True))
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


def _fsd_sinet(weights) -> None:
    from models.tensorflow_graphs import tf, tf1

    x = tf1.placeholder(tf.float32, [None, 101, 96, 1], name="x")
    tf.reshape(x, [-1, 101 * 96], name="given")
    for channels in (4, 8):
        x = tf.nn.max_pool2d(weights.conv(x, channels, 3), 2, 1, "SAME")
        # Trainable low-pass filters, one for each channel, then every second value.
        x = tf.nn.depthwise_conv2d(x, tf.abs(weights.draw(5, 5, channels, 1)), [1, 2, 2, 1], "SAME")
    x = tf.reduce_mean(weights.conv(x, 512, 3), axis=2)
    x = tf.reduce_max(x, axis=1, name="model/global_max_pooling1d/Max")
    tf.sigmoid(weights.dense(x, 200), name="model/predictions/Sigmoid")


def _tempo_cnn(weights) -> None:
    from models.tensorflow_graphs import tf, tf1

    x = tf1.placeholder(tf.float32, [None, 40, 256, 1], name="input")
    tf.reshape(x, [-1, 40 * 256], name="given")
    x = weights.conv(tf.nn.avg_pool2d(weights.conv(x, 4, 5), (8, 1), (8, 1), "VALID"), 8, 5, 2)
    tf.nn.softmax(weights.dense(tf.reshape(x, [-1, 3 * 128 * 8]), 256, name="scores"), name="output")


def _crepe(weights) -> None:
    from models.tensorflow_graphs import tf, tf1

    x = tf1.placeholder(tf.float32, [None, 1024], name="frames")
    tf.identity(x, name="given")
    x = tf.nn.conv1d(x[..., None], weights.draw(512, 1, 16), 4, "SAME")
    x = tf.nn.max_pool1d(tf.nn.relu(x), 8, 8, "VALID")
    tf.sigmoid(weights.dense(tf.reshape(x, [-1, 32 * 16]), 360), name="model/classifier/Sigmoid")


def _waveform(weights) -> None:
    """Vectors of 30 values: one for each 100 samples of a window, their mean, and that as other kinds of numbers."""
    from models.tensorflow_graphs import tf, tf1

    x = tf1.placeholder(tf.float32, [None, None, 1], name="waveform")
    frames = tf.nn.relu(tf.nn.conv1d(x, weights.draw(100, 1, 30), 100, "VALID"), name="frames")
    mean = tf.reduce_mean(frames, axis=1, name="mean")
    for kind in (tf.float16, tf.bfloat16, tf.float64, tf.int32, tf.bool, tf.complex64):
        tf.cast(mean, kind, name=f"mean_{kind.name}")
    tf.strings.as_string(mean, name="mean_string")


def _head(weights) -> None:
    from models.tensorflow_graphs import tf, tf1

    x = tf1.placeholder(tf.float32, [None, 200], name="model/Placeholder")
    tf.sigmoid(weights.dense(x, 10), name="model/Sigmoid")


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
