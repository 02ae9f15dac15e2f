"""The page of the configuration: as the workflow understood it, and as it was written."""

from html import escape

import yaml

from soundcheck.presenting.html import document, heading, paragraph


def configuration(config: dict, user_files: dict[str, str] | None = None) -> str:
    """The configuration as the workflow understood it, then the user's files (name -> text) as they wrote them."""
    text = yaml.safe_dump(config, sort_keys=False, allow_unicode=True, width=100)
    body = [
        paragraph("What was run, with every default filled in. Given to --configfile, it repeats this run."),
        f"<pre>{escape(text)}</pre>",
    ]
    for name, written in (user_files or {}).items():
        body += [heading(name), paragraph("As written, before defaults and synonyms."), f"<pre>{escape(written)}</pre>"]
    return document("Configuration", "\n".join(body))
