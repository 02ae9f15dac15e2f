"""Frozen TensorFlow graphs, run by the TensorFlow inside Essentia.

Essentia's TensorFlow and the `tensorflow` package abort the process in which they meet, so this needs one without it.
"""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np

from soundcheck.errors import SoundcheckError
from soundcheck.naming import nearest_name

_NODES = "Available node names are:"


def import_essentia(owner: str) -> ModuleType:
    """The module `essentia.standard`, silent and with one thread inside each operation.

    Raises:
        SoundcheckError: the package is not installed, or `tensorflow` is already loaded; `owner` begins the message.
    """
    if "tensorflow" in sys.modules and "essentia" not in sys.modules:
        raise SoundcheckError(
            f"{owner} runs in Essentia, whose TensorFlow aborts when the tensorflow package is loaded in the same "
            "process; run it in a process of its own, without that package"
        )
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    # A sum split over threads rounds differently for each number of threads.
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["TF_NUM_INTEROP_THREADS"] = "1"
    try:
        import essentia

        # `essentia.standard` already complains while it is imported.
        essentia.log.infoActive = essentia.log.warningActive = False
        import essentia.standard
    except ImportError as error:
        raise SoundcheckError(
            f"{owner} needs the package essentia-tensorflow, which cannot be imported ({error}); run with the "
            "environments of the workflow (snakemake --sdm conda), or install it: pip install essentia-tensorflow"
        ) from error
    return essentia.standard


def open_graph(
    path: str | Path, input_node: str, output_node: str, owner: str, squeeze: bool = True
) -> Callable[[np.ndarray], np.ndarray]:
    """A function that maps `(batch, a, b, c)` float32 at one node to `(batch, d, e, f)` float32 at another.

    With `squeeze` the graph gets the batch without axes of size one. What a graph returns with fewer than four axes
    gets them after the first: `(batch, values)` comes as `(batch, 1, 1, values)`. The function holds Python's lock
    while it runs, so threads that call it take turns.

    Raises:
        SoundcheckError: the file is absent or no frozen graph, or one of the nodes is not in it; `owner` begins the
            message. The returned function raises it when the graph refuses the shape of a batch.
    """
    standard = import_essentia(owner)
    from essentia import Pool

    path = Path(path)
    if not path.is_file():
        raise SoundcheckError(
            f"{owner}: there is no file {path}, which should hold its frozen TensorFlow graph (.pb); "
            "run snakemake weights, or correct `weights`"
        )
    try:
        predict = standard.TensorflowPredict(
            graphFilename=str(path), inputs=[input_node], outputs=[output_node], squeeze=squeeze
        )
    except RuntimeError as error:
        raise SoundcheckError(_refused(str(error), path, (input_node, output_node), owner)) from error

    def run(batch: np.ndarray) -> np.ndarray:
        pool = Pool()
        pool.set(input_node, np.ascontiguousarray(batch, dtype=np.float32))
        try:
            return np.array(predict(pool)[output_node])
        except RuntimeError as error:
            raise SoundcheckError(
                f"{owner}: the graph {path} refuses a batch of shape {batch.shape}, which is what its recipe makes: "
                f"{_tail(str(error))}; are these the weights that its options (algorithm, patch, batch size) describe?"
            ) from error

    return run


def _refused(message: str, path: Path, wanted: tuple[str, str], owner: str) -> str:
    if _NODES in message:
        return f"{owner}: {_missing_node(message, path, wanted)}"
    if "Error importing graph" in message or "file is empty" in message:
        return (
            f"{owner}: {path} ({path.stat().st_size} bytes) is not a frozen TensorFlow graph (GraphDef, .pb): "
            f"{_tail(message)}; a download may have been cut short or have brought a web page: remove it and run again"
        )
    return f"{owner}: the graph {path} cannot be used: {_tail(message)}"


def _missing_node(message: str, path: Path, wanted: tuple[str, str]) -> str:
    nodes = [name.strip(" .") for name in message.split(_NODES)[1].strip().splitlines()[0].split(",")]
    option = "input" if f"'{wanted[0]}' is not" in message else "output"
    missing = wanted[option == "output"]
    name, colon, index = missing.partition(":")
    near = nearest_name(name, nodes)
    hint = f"did you mean {near + colon + index!r}?" if near else f"its last nodes are {', '.join(nodes[-5:])}"
    return f"the graph {path} has no node {missing!r}, named by `{option}`; {hint}"


def _tail(message: str) -> str:
    """What Essentia or TensorFlow says, in one line, without the names of the functions that say it."""
    return " ".join(message.rpartition("TensorflowPredict: ")[2].split()).rstrip(". ")
