"""The manual, config/README.md: it names every key of the schema, its default, and all that the catalogues offer."""

import re

import pytest
import yaml

from soundcheck.configuration import catalogue
from soundcheck.configuration.yaml.empty_keys import is_nothing


@pytest.fixture(scope="module")
def manual(repository):
    return (repository / "config" / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def known(repository):
    return catalogue.load(repository)


def _keys(schema):
    for section in (schema, *schema["$defs"].values()):
        yield from section.get("properties", {}).items()


# The tables of keys, by the heading of their first column, and the definition that they explain.
TABLES = {
    "key": None,
    "key of an experiment": "experiment",
    "key of a dataset": "dataset",
    "key of a task": "task",
    "key of an embedder": "embedder",
    "key of a model of your own": "embedder",
    "key of an entry": "embedder_row",
    "key of a probe": "probe",
}


@pytest.fixture(scope="module")
def tables(manual):
    """Definition -> key -> what its table says of the default."""
    found, seen = {}, []
    for heading, body in re.findall(r"^\| (key[^|]*) \| default \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", manual, re.MULTILINE):
        rows = [line.strip("| ").split(" | ")[:2] for line in body.splitlines()]
        rows = [(re.findall(r"`(\w+)`", keys), default) for keys, default in rows]
        seen.append(heading)
        found.setdefault(TABLES[heading], {}).update({key: default for keys, default in rows for key in keys})
    assert sorted(seen) == sorted(TABLES)
    return found


@pytest.mark.parametrize("definition", sorted(set(TABLES.values()), key=str))
def test_a_table_has_the_keys_of_the_schema_with_their_defaults(tables, known, definition):
    described = known.schema if definition is None else known.schema["$defs"][definition]
    rows = tables[definition]
    assert rows.keys() == described["properties"].keys()
    for key, description in described["properties"].items():
        if "default" not in description:
            # Where a name is made from the other keys, the table says so.
            assert key == "name" or rows[key] == "–", key
        elif is_nothing(description):
            # The empty value, or in words what nothing means there.
            assert rows[key].strip("–` ") not in ("", "null"), key
        else:
            assert yaml.safe_load(rows[key].strip("`")) == description["default"], key


def test_every_key_of_the_schema_is_explained(manual, known):
    for key, _ in _keys(known.schema):
        assert f"`{key}`" in manual or f"{{{key}, " in manual or f", {key}}}" in manual, key


@pytest.mark.parametrize("kind", ["metrics", "deformations"])
def test_everything_that_can_be_named_is_named(manual, known, kind):
    for name in getattr(known, kind).keys() - {"clean"}:
        assert f"`{name}`" in manual, name
