"""The conda environments: every pin is that of the lock file, and every environment that is named is there."""

import ast
import contextlib
import re
import subprocess
import sys
from importlib import metadata

import pytest
import yaml
from packaging.requirements import Requirement

from soundcheck.configuration import catalogue
from soundcheck.plumbing.digests.source import LIBRARY, source_modules


def _locked(repository):
    """The version of each package; digests stand on the lines below, after a backslash."""
    pins = {}
    for name in ("requirements.txt", "requirements-torch.txt", "requirements-nodeps.txt"):
        for package, version in re.findall(r"^([\w.-]+)==([^\s\\]+)", (repository / name).read_text(), re.MULTILINE):
            pins[_normal(package)] = version
    return pins


def _normal(package):
    return re.sub(r"[-_.]+", "-", package).lower()


def _environments(repository):
    return {path.stem: yaml.safe_load(path.read_text()) for path in sorted((repository / "envs").glob("*.yaml"))}


NAMES = ["analysis", "clmr", "crepe", "essentia", "handcrafted", "hear", "mert", "mule", "neuralfp", "onnx", "report"]
# MULE's own package and what it needs are of no use to anything else.
NOT_LOCKED = {"mule": {"tf_keras", "scooch", "click"}}


def _pins(repository, name):
    (pip,) = (entry["pip"] for entry in _environments(repository)[name]["dependencies"] if isinstance(entry, dict))
    return dict(line.split("==") for line in pip)


@pytest.mark.parametrize("name", NAMES)
def test_pins_equal_those_of_the_lock_file(repository, name):
    pins = {package: pin for package, pin in _pins(repository, name).items() if package not in NOT_LOCKED.get(name, ())}
    locked = _locked(repository)
    assert pins == {package: locked.get(_normal(package)) for package in pins}


def test_all_that_is_locked_has_digests(repository):
    text = (repository / "requirements.txt").read_text().replace("\\\n", " ")
    packages = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert len(packages) > 100
    assert [line for line in packages if "--hash=sha256:" not in line] == []


def test_what_is_asked_for_is_locked(repository):
    asked = re.findall(r"^([\w-]+)", (repository / "requirements.in").read_text(), re.MULTILINE)
    assert {_normal(package) for package in asked} <= _locked(repository).keys()


@pytest.mark.parametrize("name", NAMES)
def test_pins_resolve_together(repository, name):
    # Against what is installed here, the lock file: all that a package needs is there, in a version that fits.
    pins = [
        f"{package}=={pin}"
        for package, pin in _pins(repository, name).items()
        if package not in NOT_LOCKED.get(name, ())
    ]
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-index", "--disable-pip-version-check", *pins]
    outcome = subprocess.run(command, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    assert "Would install" not in outcome.stdout


def test_every_environment_is_tested_here_and_named_by_a_rule_or_by_the_catalogue(repository):
    named = {entry["env"] for entry in catalogue.load(repository).embedders.values()}
    named |= {catalogue.said_by_family(name)["ENVIRONMENT"] for name in catalogue.families()}
    for path in (repository / "rules").glob("*.smk"):
        named |= set(re.findall(r'"\.\./envs/(\w+)\.yaml"', path.read_text()))
    assert named == set(_environments(repository))
    assert named == set(NAMES)


def test_a_row_of_ones_own_runs_in_the_environment_of_its_family(repository):
    for entry in catalogue.load(repository).embedders.values():
        assert catalogue.embedder_row({"family": entry["family"], "sample_rate": 16000})["env"] == entry["env"]


def test_spectrograms_are_those_of_transformers_itself(repository):
    # With torchaudio, two of its extractors compute theirs otherwise, and embeddings differ in the last digits.
    transformers = pytest.importorskip("transformers")
    assert "torchaudio" not in _pins(repository, "mert").keys() | _locked(repository).keys()
    assert not transformers.utils.is_speech_available()


# Asked for by these modules only where they are installed.
WHERE_INSTALLED = {
    "plumbing.devices": {"torch", "tensorflow", "onnxruntime"},
    "plumbing.tensorflow_runtime": {"tensorflow"},
    "plumbing.provenance": {"numpy", "threadpoolctl"},
    "embedding.families.support.arrays": {"torch"},
}
# Rooms whose modules jobs choose by name; and what a job of an embedder, whose weights are there, never calls.
CHOSEN = ("datasets/sources", "scoring/metrics", "probing", "presenting")
DOWNLOADS = "plumbing.downloads"


def _jobs(repository):
    """The environment of each kind of job, and the modules of the library that it can reach."""
    chosen = [
        ".".join(path.relative_to(LIBRARY).with_suffix("").parts)
        for room in CHOSEN
        for path in (LIBRARY / room).rglob("*.py")
        if path.name != "__init__.py"
    ]
    for path in (repository / "rules").glob("*.smk"):
        for rule in re.split(r"\n(?=rule )", path.read_text()):
            script = re.search(r'"\.\./workflow/(scripts/\w+\.py)"', rule)
            named = re.search(r'"\.\./envs/(\w+)\.yaml"', rule)
            if script and named:
                yield named[1], source_modules(script[1], *(chosen if named[1] == "analysis" else []), without="")
            elif script and "conda:" in rule:
                for family in catalogue.families():
                    modules = source_modules(script[1], f"embedding.families.{family}", without="")
                    reached = {name for name in modules if not name.startswith(DOWNLOADS)}
                    yield catalogue.said_by_family(family)["ENVIRONMENT"], reached


def _third_parties(module):
    """The packages that a module of the library imports anywhere in it, if they must be there."""
    path = LIBRARY.joinpath(*module.split("."))
    tree = ast.parse((path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text())
    for block in [node for node in ast.walk(tree) if isinstance(node, ast.If)]:
        if ast.unparse(block.test) == "TYPE_CHECKING":
            block.body = []
    imports = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    imports += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    packages = {name.partition(".")[0] for name in imports} - {"soundcheck", "snakemake", ""}
    return packages - set(sys.stdlib_module_names) - WHERE_INSTALLED.get(module, set())


def _installed_by(repository, name):
    """The distributions that an environment names, and all that they ask for."""
    (pip,) = (entry["pip"] for entry in _environments(repository)[name]["dependencies"] if isinstance(entry, dict))
    found, waiting = set(_after_deployment(repository, name)), [Requirement(line) for line in pip]
    while waiting:
        asked = waiting.pop()
        extras = asked.extras or {""}
        if asked.marker and not asked.marker.evaluate({"extra": ""}):
            continue
        if (known := (_normal(asked.name), *extras)) in found:
            continue
        found |= {known, _normal(asked.name)}
        with contextlib.suppress(metadata.PackageNotFoundError):
            for line in metadata.requires(asked.name) or []:
                requirement = Requirement(line)
                if requirement.marker and not any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
                    continue
                requirement.marker = None
                waiting.append(requirement)
    return found


def _after_deployment(repository, name):
    script = repository / "envs" / f"{name}.post-deploy.sh"
    lines = script.read_text() if script.exists() else ""
    return [_normal(package) for package in re.findall(r"^pip install --no-deps ([\w.-]+)==", lines, re.MULTILINE)]


@pytest.mark.parametrize("name", NAMES)
def test_an_environment_holds_all_that_its_jobs_can_import(repository, name):
    installed = _installed_by(repository, name)
    distributions = metadata.packages_distributions()
    missing = {}
    for environment, modules in _jobs(repository):
        for module in modules if environment == name else ():
            for package in _third_parties(module):
                if not {_normal(each) for each in distributions.get(package, [package])} & installed:
                    missing.setdefault(package, set()).add(module)
    assert not missing


def test_each_family_has_its_framework(repository):
    for family in catalogue.families():
        said = catalogue.said_by_family(family)
        assert not said["FRAMEWORKS"] or set(said["FRAMEWORKS"]) & _installed_by(repository, said["ENVIRONMENT"])


@pytest.mark.parametrize("name", ["analysis", "crepe"])
def test_what_is_installed_without_its_dependencies_is_pinned_alike_and_finds_them(repository, name):
    (package,) = _after_deployment(repository, name)
    assert f"{package}=={_locked(repository)[package]}" in (repository / "envs" / f"{name}.post-deploy.sh").read_text()


def test_mirdata_finds_what_it_asks_for_but_the_clients_of_clouds(repository):
    asked = {_normal(Requirement(line).name) for line in metadata.requires("mirdata") if "extra ==" not in line}
    assert asked <= _installed_by(repository, "analysis")


@pytest.mark.parametrize("name", NAMES)
def test_channels_are_those_that_every_conda_knows(repository, name):
    # Newer versions look for a channel of the name `nodefaults`.
    assert _environments(repository)[name]["channels"] == ["conda-forge"]
