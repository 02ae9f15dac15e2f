"""The report's captions: each exists, renders as Jinja and is valid reStructuredText."""

import re
from types import SimpleNamespace

import jinja2
import pytest
from docutils.core import publish_parts

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
    assert named | {"workflow.rst"} == {path.name for path in captions.glob("*.rst")}


def test_every_caption_is_valid(captions):
    for path in captions.glob("*.rst"):
        assert len(render(path, preset="probes")) > 40, path.name


@pytest.mark.parametrize("preset", list(PRESETS))
def test_every_table_has_a_caption_of_its_own_that_names_the_evaluation(captions, preset):
    body = render(captions / "table.rst", preset=preset)
    assert "for my_bells (key_estimation, split 60-20-20)" in body
    others = {render(captions / "table.rst", preset=name) for name in PRESETS if name != preset}
    assert body not in others
