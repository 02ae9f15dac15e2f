"""A researcher's own Python file: imported as it runs at its author's, its random draws the same each time."""

import importlib.util
import random
import sys
from pathlib import Path
from types import ModuleType

import numpy as np

from soundcheck.plumbing.errors import SoundcheckError, described


def imported(file: Path, name: str) -> ModuleType:
    """The module in `file`, for the embedder `name`.

    Raises:
        SoundcheckError: there is no such file, or it cannot be imported.
    """
    check_file(file, name)
    specification = importlib.util.spec_from_file_location(f"user_{file.stem}", file)
    if specification is None:
        raise SoundcheckError(f"embedder {name}: {file} is not a Python file: its name must end in .py")
    module = importlib.util.module_from_spec(specification)
    # The file may import its neighbours, as it can where its author runs it.
    sys.path.insert(0, str(file.resolve().parent))
    # Where dataclasses, pickle and torch look for the module of a class.
    sys.modules[module.__name__] = module
    try:
        specification.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise SoundcheckError(f"embedder {name}: {file} cannot be imported: {described(error)}") from error
    return module


def check_file(file: Path, name: str) -> None:
    """Raise SoundcheckError where the file of the embedder `name` is not there."""
    if not file.is_file():
        raise SoundcheckError(f"embedder {name}: there is no file {file} (a path is relative to the working directory)")


def sample_rate(entry: dict) -> int:
    """The rate in Hz that a model asks for, which neither a function nor an ONNX file says itself.

    Raises:
        SoundcheckError: the entry has none, or one that is not a whole number above 0.
    """
    rate = entry.get("sample_rate")
    if not isinstance(rate, int) or isinstance(rate, bool) or rate < 1:
        raise SoundcheckError(
            f"embedder {entry['name']}: sample_rate is {rate!r}; give the rate that the model was made for, in Hz, "
            "such as `sample_rate: 16000`"
        )
    return rate


def seed_all() -> None:
    """Seed every global generator that a model may draw from: before it is loaded, and before each clip."""
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002 - a user's model may draw from it
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(0)
