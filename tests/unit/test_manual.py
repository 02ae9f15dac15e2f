"""The manual, config/README.md: it names every key of the schema, its default, and all that the catalogues offer."""

import re

import pytest
import yaml

from soundcheck import catalog


@pytest.fixture(scope="module")
def manual(repository):
    return (repository / "config" / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def known(repository):
    return catalog.load(repository)


def _keys(schema):
    for section in (schema, *schema["$defs"].values()):
        yield from section.get("properties", {}).items()


def test_every_key_of_the_schema_is_explained(manual, known):
    for key, _ in _keys(known.schema):
        assert f"`{key}`" in manual or f"{{{key}, " in manual or f", {key}}}" in manual, key


def test_defaults_are_those_of_the_schema(manual, known):
    rows = dict(re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", manual, re.MULTILINE))
    assert {"seed", "resamples", "patience", "split_type"} <= rows.keys()
    described = {}
    for key, value in _keys(known.schema):
        if "default" in value:
            described.setdefault(key, []).append(value["default"])
    for key, default in rows.items():
        if key in described and key not in ("weights",):
            assert yaml.safe_load(default) in described[key], key


@pytest.mark.parametrize("kind", ["metrics", "deformations"])
def test_everything_that_can_be_named_is_named(manual, known, kind):
    for name in getattr(known, kind).keys() - {"clean"}:
        assert f"`{name}`" in manual, name
