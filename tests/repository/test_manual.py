"""The manual, docs/: its generated tables are up to date, and it explains all that a configuration can say."""

import importlib.util
import re
from collections import Counter

import pytest
import yaml

from soundcheck.configuration import catalogue


@pytest.fixture(scope="module")
def generate(repository):
    spec = importlib.util.spec_from_file_location("generate", repository / "docs" / "generate.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def pages(generate, repository):
    folder = repository / "docs"
    return {page.relative_to(folder).as_posix(): page.read_text(encoding="utf-8") for page in generate.pages()}


@pytest.fixture(scope="module")
def known(repository):
    return catalogue.load(repository)


def test_the_generated_tables_are_up_to_date(generate, pages, known):
    old = [name for name, text in pages.items() if generate.generated(text, known) != text]
    assert old == [], "run `make docs`"


def test_every_key_of_the_schema_is_in_one_table(generate, pages, known):
    rows = Counter(row for text in pages.values() for row in generate.documented(text, known))
    definitions = {"the file": known.schema} | known.schema["$defs"]
    keys = [(name, key) for name, definition in definitions.items() for key in definition.get("properties", {})]
    assert len(keys) > 80
    assert rows == Counter(keys)


def test_a_table_says_what_applies_when_a_key_is_absent(generate, known):
    defaults = known.schema["$defs"]["probe"]["properties"]
    assert generate._default(defaults["weight_decay"], False) == "`1.0e-5`"
    assert generate._default(defaults["standardize"], False) == "`true`"
    assert generate._default(defaults["pca_components"], False) == "95 % of the variance"
    assert generate._default(known.schema["properties"]["seeds"], False) == "`[0, 1, 2]`"
    assert generate._default(known.schema["properties"]["experiments"], True) == "required"


@pytest.mark.parametrize("kind", ["deformations", "probes", "datasets"])
def test_everything_that_can_be_named_is_named(pages, known, kind):
    missing = [name for name in getattr(known, kind) if f"`{name}`" not in pages[f"configuration/{kind}.md"]]
    assert missing == []


def test_every_published_embedder_is_named(pages, known):
    assert [name for name in known.published if f"`{name}`" not in pages["configuration/embedders.md"]] == []


def test_every_page_is_in_the_index(generate, repository):
    index = (repository / "docs" / "index.md").read_text(encoding="utf-8")
    linked = {(repository / "docs" / link).resolve() for link in re.findall(r"\]\(([^)]+\.md)\)", index)}
    assert set(generate.pages()) - linked == {repository / "docs" / "index.md"}


def test_every_example_is_yaml(pages):
    examples = [block for text in pages.values() for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)]
    assert len(examples) > 8
    assert all(isinstance(yaml.safe_load(example), dict) for example in examples)
