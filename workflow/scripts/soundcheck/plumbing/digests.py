"""Digests of what makes a job run again: the library's own source, so that a change reruns what it touches and nothing
else; and what lies in a user's folder, so that added or changed files are noticed."""

import ast
import functools
import hashlib
import os
from pathlib import Path

LIBRARY = Path(__file__).parents[1]
# The room of messages, files and processes: no number passes through, so an edit there reruns nothing.
CANNOT_CHANGE_A_NUMBER = "plumbing"


@functools.cache
def source_digest(*modules: str) -> str:
    """A digest of the source of these modules of the library and of all that they import from it, directly or not.

    Modules are named below `soundcheck`, as in `embedding.families.crepe`. What is imported by a computed name must be
    listed.
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
        if name not in found and name.split(".")[0] != CANNOT_CHANGE_A_NUMBER:
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


def listing_digest(folder: str) -> str:
    """A digest of the names, sizes and times of all files below `folder`; empty when there is no such folder."""
    if not os.path.isdir(folder):
        return ""
    digest = hashlib.sha256()
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            facts = os.stat(os.path.join(parent, name), follow_symlinks=False)
            digest.update(f"{os.path.relpath(parent, folder)}/{name}|{facts.st_size}|{facts.st_mtime_ns}\n".encode())
    return digest.hexdigest()[:16]
