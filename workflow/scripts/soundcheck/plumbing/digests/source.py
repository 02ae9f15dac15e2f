"""Digests of source, so that a change reruns the jobs that use it and no others."""

import ast
import functools
import hashlib
from collections.abc import Iterator
from pathlib import Path

LIBRARY = Path(__file__).parents[2]
# The room of messages, files and processes: no number passes through, so an edit there reruns nothing.
CANNOT_CHANGE_A_NUMBER = "plumbing"


@functools.cache
def source_digest(script: str, *chosen: str) -> str:
    """A digest of a script, as in `scripts/fit_probes.py`, and of all of the library that it imports, directly or not.

    What the job chooses by name no import shows: these modules are `chosen`, named below `soundcheck`, as in
    `embedding.families.crepe`.
    """
    digest = hashlib.sha256(_script(script).read_bytes())
    for name in sorted(source_modules(script, *chosen)):
        digest.update(name.encode() + b"\0" + _file(name).read_bytes())
    return digest.hexdigest()[:16]


def source_modules(script: str, *chosen: str, without: str = CANNOT_CHANGE_A_NUMBER) -> set[str]:
    """The modules of the library whose source is part of a digest, packages among them; not those of `plumbing`."""
    found: set[str] = set()
    waiting = [*_imports(_script(script)), *chosen]
    while waiting:
        name = waiting.pop()
        if name not in found and name.split(".")[0] != without:
            found.add(name)
            # Python runs a package before what lies in it.
            waiting += [*_imports(_file(name)), *_packages(name)]
    return found


def _packages(name: str) -> Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


@functools.cache
def _imports(path: Path) -> tuple[str, ...]:
    """What a file imports from the library, anywhere in it; not what it imports for type checkers alone."""
    names: set[str] = set()
    for node in _walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    inside = (name.removeprefix("soundcheck.") for name in names if name.startswith("soundcheck."))
    return tuple(name for name in inside if _file(name).is_file())


def _walk(tree: ast.AST) -> Iterator[ast.AST]:
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield node
            yield from _walk(node)


def _script(name: str) -> Path:
    return LIBRARY.parents[1] / name


def _file(name: str) -> Path:
    path = LIBRARY.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
