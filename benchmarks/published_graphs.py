"""Frozen graphs of the size of the published ones, with random weights, for `embedders.py`.

    python benchmarks/published_graphs.py FOLDER

VGGish, MusiCNN and OpenL3 layer by layer as published, less their batch normalisation, which is part of a convolution
in a frozen graph; EffNet-Discogs is EfficientNet-B0 on a patch of 128 frames and 96 bands. Runs in a process of its
own: Essentia and TensorFlow abort the one in which they meet.
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "helpers"))

from models.tensorflow_graphs import Weights, pool, save, tf, tf1


def vggish(weights: Weights) -> None:
    x = tf1.placeholder(tf.float32, [None, 96, 64], name="model/Placeholder")[..., None]
    for stage in ((64,), (128,), (256, 256), (512, 512)):
        for channels in stage:
            x = weights.conv(x, channels, 3)
        x = pool(x)
    x = tf.reshape(x, [-1, 6 * 4 * 512])
    for size in (4096, 4096):
        x = tf.nn.relu(weights.dense(x, size))
    weights.dense(x, 128, name="model/vggish/embeddings")


def musicnn(weights: Weights) -> None:
    x = tf1.placeholder(tf.float32, [None, 187, 96], name="model/Placeholder")[..., None]
    padded = tf.pad(x, [[0, 0], [3, 3], [0, 0], [0, 0]])
    timbral = [_convolution(weights, padded, (7, bands), 204, "VALID") for bands in (86, 38)]
    temporal = [_convolution(weights, x, (frames, 1), 51, "SAME") for frames in (128, 64, 32)]
    front = tf.concat([tf.reduce_max(part, 2) for part in (*timbral, *temporal)], axis=2)
    middle = [_convolution(weights, front[:, :, None], (7, 1), 64, "SAME")]
    for _ in range(2):
        middle.append(middle[-1] + _convolution(weights, middle[-1], (7, 1), 64, "SAME"))
    x = tf.concat([front, *(part[:, :, 0] for part in middle)], axis=2)
    x = tf.concat([tf.reduce_max(x, 1), tf.reduce_mean(x, 1)], axis=1)
    weights.dense(x, 200, name="model/dense/BiasAdd")


def effnet(weights: Weights) -> None:
    x = tf1.placeholder(tf.float32, [64, 128, 96], name="serving_default_melspectrogram")[..., None]
    x = _convolution(weights, x, (3, 3), 32, "SAME", 2, tf.nn.swish)
    # Channels, blocks, kernel, stride of the first block, growth inside.
    for channels, blocks, size, stride, growth in (
        (16, 1, 3, 1, 1),
        (24, 2, 3, 2, 6),
        (40, 2, 5, 2, 6),
        (80, 3, 3, 2, 6),
        (112, 3, 5, 1, 6),
        (192, 4, 5, 2, 6),
        (320, 1, 3, 1, 6),
    ):
        for block in range(blocks):
            x = _inverted_bottleneck(weights, x, channels, size, 1 if block else stride, growth)
    x = tf.reduce_mean(_convolution(weights, x, (1, 1), 1280, "SAME", activation=tf.nn.swish), [1, 2])
    # A frozen graph calls its network as a function, with the predictions as output 0 and these as output 1.
    tf.identity(x, name="embeddings")


def openl3(weights: Weights) -> None:
    x = tf1.placeholder(tf.float32, [None, 128, 199, 1], name="melspectrogram")
    for channels in (64, 128, 256):
        x = pool(weights.conv(weights.conv(x, channels, 3), channels, 3))
    x = weights.conv(weights.conv(x, 512, 3), 512, 3)
    tf.nn.max_pool2d(x, (16, 24), (16, 24), "SAME", name="embeddings")


def _convolution(weights, x, size, channels, padding, stride=1, activation=tf.nn.relu):
    y = tf.nn.conv2d(x, weights.draw(*size, x.shape[-1], channels), stride, padding)
    return activation(tf.nn.bias_add(y, weights.draw(channels)))


def _inverted_bottleneck(weights, x, channels, size, stride, growth):
    y = x
    if growth > 1:
        y = _convolution(weights, y, (1, 1), growth * x.shape[-1], "SAME", activation=tf.nn.swish)
    kernel = weights.draw(size, size, y.shape[-1], 1)
    y = tf.nn.swish(tf.nn.depthwise_conv2d(y, kernel, [1, stride, stride, 1], "SAME"))
    squeezed = tf.reduce_mean(y, [1, 2], keepdims=True)
    squeezed = _convolution(weights, squeezed, (1, 1), x.shape[-1] // 4, "SAME", activation=tf.nn.swish)
    y *= _convolution(weights, squeezed, (1, 1), y.shape[-1], "SAME", activation=tf.nn.sigmoid)
    y = _convolution(weights, y, (1, 1), channels, "SAME", activation=tf.identity)
    return x + y if y.shape == x.shape else y


if __name__ == "__main__":
    for network in (vggish, musicnn, effnet, openl3):
        graph = tf1.Graph()
        with graph.as_default():
            network(Weights(0))
        save(graph, Path(sys.argv[1]) / f"{network.__name__}.pb")
