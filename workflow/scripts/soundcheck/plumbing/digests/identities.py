"""What a user's files are, told while a run is planned: by content where that is cheap, else by size, time and place.

No age is compared with another, so that an older file in the place of a newer one is noticed as well.
"""

import ast
import hashlib
import os
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

from soundcheck.plumbing.files import walk

_CHEAP_BYTES = 1 << 20
_ENDS_OF_CELLS = re.compile(r"[,;\t\r\n\"]")
_LISTINGS: dict[tuple[str, frozenset[str]], str] = {}


def identity(*paths: str | Path, suffixes: Collection[str] = ()) -> str:
    """A digest of what is at these paths now; empty where there is nothing.

    Of a single file its content counts, unless it is large. Of folders the names, sizes and times of all files below,
    through links too; hidden files do not count, and with `suffixes` no file with another one.
    """
    found = [_folder(str(path), frozenset(suffixes)) if os.path.isdir(path) else _file(path) for path in paths]
    return hashlib.sha256("\n".join(found).encode()).hexdigest()[:16] if any(found) else ""


def modules_beside(files: Iterable[str | Path]) -> list[Path]:
    """Python files, and the modules that they import, directly or not, from the folders in which these files lie."""
    waiting = [Path(file) for file in files]
    roots = {file.parent for file in waiting}
    found: set[Path] = set()
    while waiting:
        file = waiting.pop()
        if file not in found and file.suffix == ".py" and file.is_file():
            found.add(file)
            waiting += [module for root in {*roots, file.parent} for module in _imported(file, root)]
    return sorted(found)


def named_outside(table: str | Path, folder: str | Path) -> list[Path]:
    """The files that a table names and that do not lie in `folder`: by an absolute path, or by one with `..`."""
    cells = _ENDS_OF_CELLS.split(Path(table).read_text(encoding="utf-8", errors="replace"))
    paths = {cell.strip() for cell in cells if os.path.isabs(cell.strip()) or ".." in cell}
    return sorted(Path(folder, path) for path in paths)


def _file(path: str | Path) -> str:
    try:
        facts = os.stat(path)
        if facts.st_size <= _CHEAP_BYTES:
            return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except (OSError, ValueError):
        return ""
    return f"{facts.st_size} {facts.st_mtime_ns}"


def _folder(folder: str, suffixes: frozenset[str]) -> str:
    # What is empty is looked at again: a download may fill it.
    key = (folder, suffixes)
    if not _LISTINGS.get(key):
        _LISTINGS[key] = _listing(folder, suffixes)
    return _LISTINGS[key]


def _listing(folder: str, suffixes: frozenset[str]) -> str:
    digest, is_empty = hashlib.sha256(), True
    for parent, names in walk(folder):
        for name in names:
            path = os.path.join(parent, name)
            if suffixes and os.path.splitext(name)[1].lower() not in suffixes:
                continue
            # Of a link the target counts, which may become another file of the same size and time.
            target = os.path.realpath(path) if os.path.islink(path) else ""
            digest.update(os.fsencode(f"{os.path.relpath(path, folder)}|{_facts(path)}|{target}\n"))
            is_empty = False
    return "" if is_empty else digest.hexdigest()


def _facts(path: str) -> str:
    try:
        facts = os.stat(path)
    except OSError:
        return "missing"
    return f"{facts.st_size} {facts.st_mtime_ns}"


def _imported(file: Path, root: Path) -> Iterator[Path]:
    """The files in `root` that a Python file imports; none of one that cannot be parsed, which fails when it is run."""
    try:
        tree = ast.parse(file.read_bytes())
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _files_of(alias.name, root)
        elif isinstance(node, ast.ImportFrom):
            # A relative import begins at the file's own folder, or above.
            start = file.parents[node.level - 1] if 0 < node.level <= len(file.parents) else root
            for name in [node.module or "", *(f"{node.module or ''}.{alias.name}".lstrip(".") for alias in node.names)]:
                yield from _files_of(name, start)


def _files_of(module: str, root: Path) -> Iterator[Path]:
    """The files that Python runs to import a module from `root`: those of its packages, and its own."""
    place = root
    for part in filter(None, module.split(".")):
        place = place / part
        yield from (path for path in (place.with_suffix(".py"), place / "__init__.py") if path.is_file())
