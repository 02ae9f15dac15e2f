"""The page of the configuration: as the workflow understood it, and as it was written."""

from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import yaml

from soundcheck.presenting.html import document, heading, paragraph
from soundcheck.presenting.pages import Page


def page(files: Mapping[str, Any], params: Mapping[str, Any]) -> Page:
    """The configuration as the workflow understood it, then the user's files as they wrote them.

    Files: `configfiles`, if any. Parameters: `config`, with all defaults.
    """
    written = {Path(path).name: Path(path).read_text(encoding="utf-8") for path in files.get("configfiles", [])}
    text = yaml.safe_dump(params["config"], sort_keys=False, allow_unicode=True, width=100)
    body = [
        paragraph("What was run, with every default filled in. Given to --configfile, it repeats this run."),
        f"<pre>{escape(text)}</pre>",
    ]
    for name, own in written.items():
        body += [heading(name), paragraph("As written, before defaults and synonyms."), f"<pre>{escape(own)}</pre>"]
    return Page(document("Configuration", "\n".join(body)))
