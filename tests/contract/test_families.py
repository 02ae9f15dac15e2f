"""What holds for every family of embedders, and is read from its source while the graph is built."""

import ast
from pathlib import Path

import pytest
import yaml

from soundcheck.configuration import catalogue
from soundcheck.plumbing.devices import FRAMEWORKS
from soundcheck.plumbing.digests.source import LIBRARY

FAMILIES = (*catalogue.families(), catalogue.PRECOMPUTED)


def _pins(repository: Path, environment: str) -> set[str]:
    entries = yaml.safe_load((repository / "envs" / f"{environment}.yaml").read_text())["dependencies"]
    return {line.split("==")[0] for entry in entries if isinstance(entry, dict) for line in entry["pip"]}


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_says_its_threads_its_environment_and_its_frameworks(name, repository):
    said = catalogue.said_by_family(name)
    assert isinstance(said["THREADS"], int)
    assert said["THREADS"] >= 1
    assert set(said["FRAMEWORKS"]) <= set(FRAMEWORKS)
    # A function of the user's may use any of them, and brings an environment if it is another one.
    assert bool(said["FRAMEWORKS"]) == bool(_pins(repository, said["ENVIRONMENT"]) & set(said["FRAMEWORKS"]))


@pytest.mark.parametrize("name", catalogue.families())
def test_a_family_has_a_function_that_loads(name):
    tree = ast.parse((LIBRARY / "embedding" / "families" / f"{name}.py").read_text())
    arguments = {node.name: [a.arg for a in node.args.args] for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert arguments["load"] == ["entry", "device"]


def test_a_family_of_another_name_says_nothing():
    assert catalogue.said_by_family("support") == catalogue.said_by_family(None) == {}


def test_what_uses_a_gpu_has_a_framework_that_can(repository):
    for entry in catalogue.load(repository).embedders.values():
        assert not entry["gpu"] or catalogue.said_by_family(entry["family"])["FRAMEWORKS"]
