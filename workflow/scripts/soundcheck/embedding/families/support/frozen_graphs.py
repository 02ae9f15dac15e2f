"""Frozen TensorFlow graphs, as Essentia publishes its models, run by TensorFlow.

Not by the TensorFlow inside Essentia: that is of 2021, knows no GPU of today, holds Python's lock while it runs, and
took twice as long for MusiCNN and EffNet-Discogs.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import numpy as np

from soundcheck.plumbing.errors import SoundcheckError, nearest_name
from soundcheck.plumbing.tensorflow_runtime import import_tensorflow


def open_graph(
    path: str | Path, input_node: str | Sequence[str], output_node: str, owner: str, device: str = "cpu"
) -> Callable[[np.ndarray], np.ndarray]:
    """A function that maps a batch of float32 at one node to what the graph has at another, `node` or `node:k`.

    Of several names of the input, the first that the graph has is taken. Where the node takes one more axis than a
    batch has, as for channels, one of size one is added at the end.
    Several threads may call it at once; each operation runs on one thread. `device` is `cpu` or `cuda`.

    Raises:
        SoundcheckError: TensorFlow is not installed; the file is absent or no frozen graph, or one of the nodes is not
            in it; `owner` begins the message. The returned function raises it when the graph refuses a batch.
    """
    tensorflow = import_tensorflow(owner)
    path = Path(path)
    graph = _read(path, tensorflow, owner)
    inputs = [input_node] if isinstance(input_node, str) else input_node
    there = {operation.name for operation in graph.get_operations()}
    input_node = next((name for name in inputs if name.partition(":")[0] in there), inputs[0])
    places = _place(graph, input_node, "input", path, owner), _place(graph, output_node, "output", path, owner)
    session = _session(graph, device, tensorflow)
    # In the thread that asks: threads of TensorFlow's own would be neither counted nor as many as the job has.
    here = tensorflow.compat.v1.RunOptions(inter_op_thread_pool=-1)

    def run(batch: np.ndarray) -> np.ndarray:
        if places[0].shape.rank == batch.ndim + 1:
            batch = batch[..., None]
        try:
            return session.run(places[1], {places[0]: batch}, options=here)
        except (tensorflow.errors.OpError, ValueError) as error:
            raise SoundcheckError(
                f"{owner}: the graph {path} refuses a batch of shape {batch.shape}, which is what its recipe makes: "
                f"{_first_line(error)}; {_advice(places[0], batch)}"
            ) from error

    return run


def _read(path: Path, tensorflow: ModuleType, owner: str):
    """The graph in a file."""
    if not path.is_file():
        raise SoundcheckError(
            f"{owner}: there is no file {path}, which should hold its frozen TensorFlow graph (.pb); "
            "run snakemake weights, or correct `weights`"
        )
    from google.protobuf.message import DecodeError

    definition, graph = tensorflow.compat.v1.GraphDef(), tensorflow.Graph()
    try:
        definition.ParseFromString(path.read_bytes())
        _accept_any_length(definition)
        with graph.as_default():
            tensorflow.import_graph_def(definition, name="")
        if not definition.node:
            raise ValueError("it has no nodes")
    except (DecodeError, ValueError, tensorflow.errors.OpError) as error:
        raise SoundcheckError(
            f"{owner}: {path} ({path.stat().st_size} bytes) is not a frozen TensorFlow graph (GraphDef, .pb): "
            f"{_first_line(error)}; a download may have been cut short or have brought a web page: remove it and run "
            "again"
        ) from error
    return graph


def _accept_any_length(definition) -> None:
    """Forget how many items and frames the inputs were declared to have: the network says what it can take.

    Inputs of three axes are (items, frames, bands); the second of others may be bands, or samples of a fixed number.
    """
    for node in definition.node:
        if node.op == "Placeholder":
            axes = node.attr["shape"].shape.dim
            for axis in axes[: 2 if len(axes) == 3 else 1]:
                axis.size = -1


def _place(graph, wanted: str, option: str, path: Path, owner: str):
    """The output of a node, `node` or `node:k`, that an `option` names."""
    name, colon, index = wanted.partition(":")
    operations = {operation.name: operation for operation in graph.get_operations()}
    if name not in operations:
        near = nearest_name(name, operations)
        hint = (
            f"did you mean {near + colon + index!r}?" if near else f"its last nodes are {', '.join([*operations][-5:])}"
        )
        raise SoundcheckError(f"{owner}: the graph {path} has no node {wanted!r}, named by `{option}`; {hint}")
    outputs = operations[name].outputs
    if not (index or "0").isdigit() or int(index or 0) >= len(outputs):
        raise SoundcheckError(
            f"{owner}: the graph {path} has no output {index} of the node {name!r}, named by `{option}`; it has "
            f"{len(outputs)}, numbered from 0"
        )
    return outputs[int(index or 0)]


def _advice(place, batch: np.ndarray) -> str:
    """What to do about a graph that refuses a batch."""
    if place.shape.rank == 2 < batch.ndim:
        return (
            "it takes vectors: it is a classification head, not an embedder; name the model whose embeddings it takes, "
            "and a probe is trained instead of the head"
        )
    return "are these the weights that its options (algorithm, patch, batch size) describe?"


def _first_line(error: Exception) -> str:
    """What TensorFlow says, without the nodes and functions that say it."""
    lines = str(getattr(error, "message", error)).strip().splitlines()
    return lines[0].rstrip(". ") if lines else type(error).__name__


def _session(graph, device: str, tensorflow: ModuleType):
    v1 = tensorflow.compat.v1
    # A sum split over threads rounds differently for each number of threads.
    config = v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    if device == "cpu":
        config.device_count["GPU"] = 0
    else:
        # By default TensorFlow takes all of a GPU's memory, and rounds factors to 10 bits.
        config.gpu_options.allow_growth = True
        tensorflow.config.experimental.enable_tensor_float_32_execution(False)
    return v1.Session(graph=graph, config=config)
