"""Each rule's script starts the same way, so that no job sees more than its own environment."""

import ast
import subprocess
import sys

import pytest

from soundcheck.plumbing.digests.source import LIBRARY, source_modules

SCRIPTS = sorted(LIBRARY.parent.glob("*.py"))
# Prints to the terminal, and needs no package.
WITHOUT_JOB = ["list_embedders.py"]


def imports(tree):
    """The modules that a file imports, anywhere in it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module


@pytest.mark.parametrize(
    "script", [path for path in SCRIPTS if path.name not in WITHOUT_JOB], ids=lambda path: path.name
)
def test_a_script_imports_nothing_but_the_standard_library_before_its_job_has_begun(script):
    docstring, *first, body = ast.parse(script.read_text()).body
    assert isinstance(docstring, ast.Expr)
    assert isinstance(body, ast.With)
    job = ast.unparse(body.items[0].context_expr).removesuffix("(snakemake)")
    assert job in ("job", "job_of_pieces")
    *standard, last = first
    assert ast.unparse(last) == f"from soundcheck.plumbing.jobs import {job}"
    assert {name.partition(".")[0] for node in standard for name in imports(node)} <= set(sys.stdlib_module_names)


def test_what_begins_a_job_needs_no_package():
    """The path still holds the driver's packages then."""
    code = "import sys; before = set(sys.modules); import soundcheck.plumbing.jobs; print(*set(sys.modules) - before)"
    environment = {"PYTHONPATH": str(LIBRARY.parent)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in done.stdout.split()} - {"soundcheck"}
    assert loaded <= set(sys.stdlib_module_names)


@pytest.mark.parametrize("name", WITHOUT_JOB)
def test_a_script_without_a_job_needs_no_package(name):
    reached = [LIBRARY.joinpath(*module.split(".")) for module in source_modules(f"scripts/{name}", without="")]
    files = [path / "__init__.py" if path.is_dir() else path.with_suffix(".py") for path in reached]
    found = {module.partition(".")[0] for file in files for module in imports(ast.parse(file.read_text()))}
    assert files
    assert found - {"soundcheck"} <= set(sys.stdlib_module_names)
