"""The report's items that are not results: what was run, on what, with which versions, and what was left out.

A page is one module with one function, `page(files, params)`, which returns a `Page`. `files` are the input files of
its rule and `params` the parameters of its rule, both by name. `PAGES` is light, so that rules can read it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, NamedTuple


class Entry(NamedTuple):
    """A page: its module below `soundcheck`, its title in the report, its caption in `workflow/report`."""

    module: str
    title: str
    caption: str


@dataclass(frozen=True)
class Page:
    """A self-contained page of HTML; for a page that lists many things, also all of them as CSV."""

    html: str
    csv: str | None = None


# By the names of their files: results/pages/<name>.html.
PAGES = {
    "configuration": Entry("presenting.pages.configuration", "Configuration", "configuration.rst"),
    "versions": Entry("presenting.pages.versions", "Versions", "versions.rst"),
    "counts": Entry("presenting.pages.counts", "Counts", "counts.rst"),
    "audit": Entry("presenting.pages.audit", "Audit of the splits", "audit.rst"),
    "left_out": Entry("presenting.pages.left_out", "Left out", "left_out.rst"),
    "audio_conditions": Entry(
        "presenting.pages.audio_conditions", "Audio conditions, as measured", "audio_conditions.rst"
    ),
    "embedder_catalogue": Entry("presenting.pages.embedder_catalogue", "Embedders", "embedder_catalogue.rst"),
    "embedder_checks": Entry("presenting.pages.embedder_checks", "Checks of the embedders", "embedder_checks.rst"),
}


def make(name: str, files: Mapping[str, Any], params: Mapping[str, Any]) -> Page:
    """The page `name` from the files and the parameters of its rule, both by name."""
    return import_module(f"soundcheck.{PAGES[name].module}").page(files, params)
