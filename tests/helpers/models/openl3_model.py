"""A small graph with the node names and the shapes of the published OpenL3 weights, and random weights."""

from pathlib import Path

from models.essentia_model import run  # noqa: F401 - the same for every graph
from models.processes import run_in

FILE = "openl3-music-mel128-emb512-3.pb"


@run_in("tensorflow")
def write(path: Path, seed: int = 0, bands: int = 128) -> None:
    """Write the published network, but for its numbers of channels: eight convolutions, pooled to 512 values.

    With 256 bands they are pooled to 6144.
    """
    from models.tensorflow_graphs import Weights, pool, save, tf, tf1

    weights = Weights(seed)
    graph = tf1.Graph()
    with graph.as_default():
        x = tf1.placeholder(tf.float32, [None, bands, 199, 1], name="melspectrogram")
        for channels in (2, 2, 4):
            x = pool(weights.conv(weights.conv(x, channels, 3), channels, 3))
        x = weights.dense(weights.conv(x, 8, 3), 512)
        # What is left of bands and frames is 16 by 24, or 32 by 24.
        size = (16, 24) if bands == 128 else (8, 8)
        tf.nn.max_pool2d(x, size, size, "SAME", name="embeddings")
    save(graph, Path(path))
