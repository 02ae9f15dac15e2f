"""CONTRIBUTING.md and ARCHITECTURE.md: every file and folder that they name is there."""

import re

import pytest

from tests.repository.test_rooms import ROOMS, ROOT

# What the recipes promise and a later change brings. Whoever brings it takes it out here.
TO_COME: set[str] = set()

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


def test_the_architecture_says_what_each_room_imports(repository):
    text = (repository / "ARCHITECTURE.md").read_text(encoding="utf-8")
    said = {}
    for room, imports in re.findall(r"^\| `(\w+)/` \| .+ \| (.+) \|$", text, re.MULTILINE):
        whole_root = ROOT if ", the root" in imports or imports.startswith("the root") else set()
        said[room] = {*re.findall(r"`([\w.]+)`", imports), *whole_root}
    assert said == {room: set(imports) for room, imports in ROOMS.items()}
