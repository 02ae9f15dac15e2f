"""A researcher's own Python file or module: imported as it runs at its author's, its random draws always the same."""

import contextlib
import hashlib
import importlib
import importlib.util
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np

from soundcheck.plumbing.errors import SoundcheckError, described
from soundcheck.plumbing.files import file_sha256


def imported(file: Path, name: str) -> ModuleType:
    """The module in `file`, for the embedder `name`.

    Raises:
        SoundcheckError: there is no such file, or it cannot be imported.
    """
    check_file(file, name)
    # From then on its place does not depend on the working directory, which the file may change.
    specification = importlib.util.spec_from_file_location(f"user_{file.stem}", file.resolve())
    if specification is None:
        raise SoundcheckError(f"embedder {name}: {file} is not a Python file: its name must end in .py")
    module = importlib.util.module_from_spec(specification)
    # The file may import its neighbours, as it can where its author runs it.
    sys.path.insert(0, str(file.resolve().parent))
    # Where dataclasses, pickle and torch look for the module of a class.
    sys.modules[module.__name__] = module
    with _cannot_be_imported(str(file), name), directory_kept():
        specification.loader.exec_module(module)
    return module


def imported_by_name(dotted: str, name: str) -> ModuleType:
    """The installed module `dotted`, or the one below the working directory, for the embedder `name`.

    Raises:
        SoundcheckError: it cannot be imported.
    """
    if os.getcwd() not in sys.path:
        sys.path.append(os.getcwd())
    with _cannot_be_imported(f"the module {dotted}", name), directory_kept():
        return importlib.import_module(dotted)


@contextlib.contextmanager
def _cannot_be_imported(what: str, name: str) -> Iterator[None]:
    try:
        yield
    except (Exception, SystemExit) as error:
        hint = (
            "; it is a part of a package: name it as such, by a dotted name, as in `hear: package.module`"
            if isinstance(error, ImportError) and "relative import" in str(error)
            else ""
        )
        raise SoundcheckError(f"embedder {name}: {what} cannot be imported: {described(error)}{hint}") from error


@contextlib.contextmanager
def directory_kept() -> Iterator[None]:
    """Come back to the working directory, which code inside may change: all paths of a job begin there."""
    before = os.getcwd()
    try:
        yield
    finally:
        if os.getcwd() != before:
            os.chdir(before)


def digest(module: ModuleType) -> str:
    """The SHA-256 of a module's file, or of all Python files of the package that it belongs to."""
    top = sys.modules[module.__name__.partition(".")[0]]
    folders = [Path(folder) for folder in getattr(top, "__path__", ())]
    if not folders:
        return file_sha256(module.__file__)
    found = hashlib.sha256()
    for folder in folders:
        for file in sorted(folder.rglob("*.py")):
            found.update(f"{file.relative_to(folder)} {file_sha256(file)}\n".encode())
    return found.hexdigest()


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
