"""CONTRIBUTING.md and ARCHITECTURE.md: every file and folder that they name is there."""

import re

import pytest

# What the recipes promise and a later change brings. Whoever brings it takes it out here.
TO_COME = {
    "audio/",
    "config/catalogue/datasets.yaml",
    "config/catalogue/embedders.yaml",
    "config/catalogue/probes.yaml",
    "config/catalogue/tasks.yaml",
    "configuration/",
    "embedding/",
    "plumbing/",
    "presenting/",
    "probing/",
    "rules/pages.smk",
    "rules/presentation.smk",
    "scoring/",
    "soundcheck/configuration/plan.py",
    "soundcheck/configuration/read.py",
    "soundcheck/configuration/tasks.py",
    "soundcheck/datasets/sources/<dataset>.py",
    "soundcheck/datasets/sources/__init__.py",
    "soundcheck/datasets/sources/vocalset.py",
    "soundcheck/datasets/splits/making.py",
    "soundcheck/embedding/families/<family>.py",
    "soundcheck/embedding/families/handcrafted.py",
    "soundcheck/embedding/store.py",
    "soundcheck/presenting/figures/<figure>.py",
    "soundcheck/presenting/figures/__init__.py",
    "soundcheck/presenting/pages/<page>.py",
    "soundcheck/presenting/pages/__init__.py",
    "soundcheck/presenting/tables/presets.py",
    "soundcheck/probing/<kind>/model.py",
    "soundcheck/probing/fitting.py",
    "soundcheck/probing/kinds.py",
    "soundcheck/probing/predicting.py",
    "soundcheck/scoring/<stage>.py",
    "soundcheck/scoring/metrics/<task_type>.py",
    "soundcheck/scoring/metrics/__init__.py",
    "tests/configuration",
    "tests/datasets",
    "tests/datasets/sources/test_<dataset>.py",
    "tests/embedding",
    "tests/embedding/families/test_<family>.py",
    "tests/presenting",
    "tests/presenting/figures/test_<figure>.py",
    "tests/presenting/test_pages.py",
    "tests/presenting/test_presets.py",
    "tests/probing",
    "tests/probing/test_<kind>.py",
    "tests/repository",
    "tests/repository/test_envs.py",
    "tests/scoring",
    "tests/scoring/test_metrics.py",
    "tests/tasks",
    "tests/tasks/test_<task_type>.py",
    "workflow/scripts/soundcheck/audio/preparation.py",
    "workflow/scripts/soundcheck/configuration/matrix.py",
    "workflow/scripts/soundcheck/configuration/plan.py",
    "workflow/scripts/soundcheck/configuration/read.py",
    "workflow/scripts/soundcheck/datasets/sources/<id>.py",
    "workflow/scripts/soundcheck/datasets/sources/__init__.py",
    "workflow/scripts/soundcheck/embedding/driver.py",
    "workflow/scripts/soundcheck/embedding/families/<family>.py",
    "workflow/scripts/soundcheck/embedding/families/__init__.py",
    "workflow/scripts/soundcheck/embedding/job.py",
    "workflow/scripts/soundcheck/embedding/pooling.py",
    "workflow/scripts/soundcheck/embedding/store.py",
}

TOPICS = [
    "a metric",
    "a dataset",
    "a family of models",
    "a table preset",
    "a figure",
    "a page of the report",
    "a kind of probe",
    "a task type",
    "a stage without probes",
    "an environment",
]
_PATH = re.compile(r"`([\w.<>/-]+(?:/|\.(?:py|yaml|smk|rst|md|txt|in|csv|svg)))`")


@pytest.fixture(scope="module")
def contributing(repository):
    return (repository / "CONTRIBUTING.md").read_text(encoding="utf-8")


def _recipes(contributing):
    """Topic -> the text of its recipe."""
    sections = re.split(r"^## To add (.+)$", contributing, flags=re.MULTILINE)
    return dict(zip(sections[1::2], sections[2::2], strict=True))


def _exists(repository, name):
    """Whether a path is there; one with a <name> stands for a new file, which has others beside it."""
    roots = (repository, repository / "workflow" / "scripts", repository / "workflow" / "scripts" / "soundcheck")
    pattern = re.sub(r"<\w+>", "*", name).rstrip("/")
    return any(any(root.glob(pattern)) for root in roots)


def test_there_is_a_recipe_for_every_topic(contributing):
    assert list(_recipes(contributing)) == TOPICS


@pytest.mark.parametrize("topic", TOPICS)
def test_the_files_of_a_recipe_are_there(contributing, repository, topic):
    recipe = _recipes(contributing)[topic]
    named = _PATH.findall(recipe)
    assert len(named) >= 3
    tested = [path for line in re.findall(r"`pytest ([^`]+)`", recipe) for path in line.split()]
    missing = {path for path in named + tested if not _exists(repository, path)}
    assert missing <= TO_COME


def test_the_files_of_the_architecture_are_there(repository):
    text = (repository / "ARCHITECTURE.md").read_text(encoding="utf-8")
    missing = {path for path in _PATH.findall(text) if not _exists(repository, path)}
    assert missing <= TO_COME


def test_nothing_is_to_come_that_is_there(repository):
    assert {path for path in TO_COME if _exists(repository, path)} == set()
