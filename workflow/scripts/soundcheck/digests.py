"""Digests of the library's own source, so that a change reruns what it touches and nothing else."""

import ast
import functools
import hashlib
from pathlib import Path

LIBRARY = Path(__file__).parent
# These carry messages, files and processes around; no number passes through their hands.
CANNOT_CHANGE_A_NUMBER = {
    *(
        "errors",
        "logs",
        "files",
        "workers",
        "jobs",
        "provenance",
        "weights",
        "downloads",
        "archives",
        "installing",
        "locks",
    ),
}


@functools.cache
def source_digest(*modules: str) -> str:
    """A digest of the source of these modules of the library and of all that they import from it, directly or not.

    Modules are named below `soundcheck`, as in `embedders.crepe`. What is imported by a computed name must be listed.
    """
    digest = hashlib.sha256()
    for name in sorted(_closure(modules)):
        digest.update(name.encode() + b"\0" + _file(name).read_bytes())
    return digest.hexdigest()[:16]


def _closure(modules: tuple[str, ...]) -> set[str]:
    found: set[str] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in found and name.split(".")[0] not in CANNOT_CHANGE_A_NUMBER:
            found.add(name)
            waiting += _imports(name)
    return found


@functools.cache
def _imports(name: str) -> tuple[str, ...]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(_file(name).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    inside = (imported.removeprefix("soundcheck.") for imported in names if imported.startswith("soundcheck."))
    return tuple(imported for imported in inside if _file(imported).is_file())


def _file(name: str) -> Path:
    path = LIBRARY.joinpath(*name.split("."))
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
