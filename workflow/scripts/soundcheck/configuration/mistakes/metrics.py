"""Metrics that are unknown, or do not fit a task."""

import ast
import os
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

from soundcheck.configuration.axes import Task
from soundcheck.configuration.schema import Problem
from soundcheck.configuration.tasks import fitting_metrics
from soundcheck.plumbing.errors import nearest
from soundcheck.scoring.metrics import METRICS


def wrong_metric(metric: str, task: Task, path: tuple) -> Iterator[Problem]:
    if "." in metric:
        yield from _wrong_dotted_name(metric, path)
    elif metric not in METRICS:
        yield path, f"unknown metric {metric!r}{nearest(metric, METRICS)}"
    elif metric not in fitting_metrics(task):
        yield path, f"{metric} does not fit {task.name}; metrics that do: {', '.join(fitting_metrics(task))}"


def _wrong_dotted_name(metric: str, path: tuple) -> Iterator[Problem]:
    if not all(part.isidentifier() for part in metric.split(".")):
        yield path, f"{metric!r} is not a dotted name: `my_metrics.top3` is the function top3 of my_metrics.py"
        return
    module, _, function = metric.rpartition(".")
    found = _found(module)
    if found is None:
        here = f"neither {module.replace('.', '/')}.py in the working directory nor an installed one"
        yield path, f"{metric!r}: there is no module {module!r}, {here}"
        return
    try:
        names = _names_in(found.origin)
    except SyntaxError as error:
        yield path, f"{metric!r}: line {error.lineno} of {found.origin} is no Python: {error.msg}"
        return
    if names is not None and function not in names:
        yield path, f"{metric!r}: {module} has no function {function!r}{nearest(function, names)}"


def _found(module: str) -> ModuleSpec | None:
    """Where Python would find a module, in the working directory or installed; nothing is imported for it."""
    parts = module.split(".")
    for folders in ([os.getcwd()], None):
        spec = PathFinder.find_spec(parts[0], folders)
        for part in parts[1:]:
            spec = PathFinder.find_spec(part, spec.submodule_search_locations or []) if spec else None
        if spec:
            return spec
    return None


def _names_in(file: str | None) -> set[str] | None:
    """The names that a module defines or imports; None where only Python can know: compiled code, `import *`."""
    if file is None or not file.endswith(".py"):
        return None
    names: set[str] = set()
    for node in ast.walk(ast.parse(Path(file).read_bytes())):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            names.add(node.id)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names.update((alias.asname or alias.name).partition(".")[0] for alias in node.names)
            if any(alias.name == "*" for alias in node.names):
                return None
        # A module with a `__getattr__` of its own makes names when they are asked for.
        if isinstance(node, ast.FunctionDef) and node.name == "__getattr__":
            return None
    return names
