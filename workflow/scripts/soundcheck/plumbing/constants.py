"""What modules of the library say of themselves, read from their source: importing them would take seconds."""

import ast
import functools
from pathlib import Path
from typing import Any

_LIBRARY = Path(__file__).parents[1]


@functools.cache
def constants(module: str) -> dict[str, Any]:
    """The constants at the top level of a module that are literals, such as `TITLE = "VocalSet"`, by name.

    The module is named below `soundcheck`, as in `datasets.sources.vocalset`.

    Raises:
        FileNotFoundError: there is no such module.
    """
    source = _LIBRARY.joinpath(*module.split(".")).with_suffix(".py").read_text(encoding="utf-8")
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue  # it is computed
    return found
