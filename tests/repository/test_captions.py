"""The report's captions: each exists, renders as Jinja and is valid reStructuredText."""

import re
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import jinja2
import pytest
import yaml
from docutils.core import publish_parts

from soundcheck.presenting.figures import FIGURES
from soundcheck.presenting.pages import PAGES
from soundcheck.presenting.tables.presets import PRESETS

AXES = {"dataset": "my_bells", "task": "key_estimation", "split": "60-20-20"}


@pytest.fixture
def captions(repository):
    return repository / "workflow" / "report"


def render(path, **wildcards):
    snakemake = SimpleNamespace(wildcards=SimpleNamespace(**AXES, **wildcards))
    text = (
        jinja2.Environment(undefined=jinja2.StrictUndefined).from_string(path.read_text()).render(snakemake=snakemake)
    )
    return publish_parts(text, writer="html", settings_overrides={"halt_level": 2, "report_level": 2})["body"]


def test_every_caption_that_a_rule_names_is_there_and_no_other(repository, captions):
    rules = "".join(path.read_text() for path in (repository / "rules").glob("*.smk"))
    named = set(re.findall(r'caption="\.\./workflow/report/([\w.]+)"', rules))
    named |= {entry.caption for entry in (*PAGES.values(), *FIGURES.values())}
    assert named | {"workflow.rst", "table.rst"} == {path.name for path in captions.glob("*.rst")}


@pytest.mark.parametrize(("entries", "function"), [(PAGES, "page"), (FIGURES, "draw")])
def test_every_page_and_every_figure_has_a_module_and_a_title(entries, function):
    for entry in entries.values():
        assert callable(getattr(import_module(f"soundcheck.{entry.module}"), function))
        assert entry.title
    folder = Path(import_module(f"soundcheck.{next(iter(entries.values())).module}").__file__).parent
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__", "style"}
    assert modules == {entry.module.split(".")[-1] for entry in entries.values()}


def test_the_schema_and_the_manual_name_every_table(repository):
    table = yaml.safe_load((repository / "workflow" / "schemas" / "config.schema.yaml").read_text())
    asked = table["properties"]["autotable"]
    assert asked["items"]["enum"] == asked["default"] == list(PRESETS)
    assert set(re.findall(r"`(\w+)`", asked["description"])) == set(PRESETS)
    shown = (repository / "docs" / "configuration" / "index.md").read_text()
    assert {name for name in PRESETS if f"`{name}`" not in shown} == set()


def test_every_caption_is_valid(captions):
    for path in captions.glob("*.rst"):
        assert len(render(path, preset="probes")) > 40, path.name


@pytest.mark.parametrize("preset", list(PRESETS))
def test_every_table_has_a_caption_of_its_own_that_names_the_evaluation(captions, preset):
    body = render(captions / "table.rst", preset=preset)
    assert "for my_bells (key_estimation, split 60-20-20)" in body
    others = {render(captions / "table.rst", preset=name) for name in PRESETS if name != preset}
    assert body not in others
