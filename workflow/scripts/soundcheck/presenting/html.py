"""Pages of HTML, made of blocks: the look shared by the tables and the report's items.

The HTML itself is in `workflow/templates`, which escapes all text that is handed to it. A block is what a function here
returns: HTML that is escaped already.
"""

import functools
import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup as Block

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER = Path(__file__).parents[3] / "templates"
# What a page depends on beside the code.
TEMPLATES = tuple(sorted(_FOLDER.glob("*")))


def templates_digest() -> str:
    """A digest of the templates' contents, for what must be made again when one of them changes."""
    digest = hashlib.sha256()
    for path in TEMPLATES:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def document(
    title: str, body: Iterable[Block], kicker: str = "Soundcheck", facts: Iterable[str] = (), badge: str = ""
) -> str:
    """A complete, self-contained page of blocks, light and dark."""
    page = _environment().get_template("page.html.j2")
    return page.render(title=title, body=list(body), kicker=kicker, facts=list(facts), badge=badge)


def paragraph(text: str, css: str = "lead") -> Block:
    """A paragraph of text."""
    return block("paragraph", text, css)


def warning(beginning: str, text: str) -> Block:
    """A paragraph with a strong beginning."""
    return block("warning", beginning, text)


def heading(text: str) -> Block:
    """A heading below the page's title."""
    return block("heading", text)


def code(text: str) -> Block:
    """Text as it was written, line by line."""
    return block("code", text)


def definitions(pairs: Iterable[tuple[str, object]]) -> Block:
    """Terms and what they mean, as a two-column list."""
    return block("definitions", list(pairs))


def folded(summary: str, body: Block) -> Block:
    """A block that unfolds on a click."""
    return block("folded", summary, body)


def listing(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Block:
    """A plain table. Numbers stand to the right, with thousands separated; None is a dash; the first column names."""
    rows = [list(row) for row in rows]
    numeric = [any(_is_number(row[i]) for row in rows) for i in range(len(header))]
    return block("table", list(header), numeric, [[_text(value) for value in row] for row in rows])


def grouped_listing(
    header: Sequence[str], numeric: Sequence[bool], groups: Iterable[tuple[str, Sequence[Sequence[tuple[str, str]]]]]
) -> Block:
    """A table whose first column spans a group's rows; a cell is its text and a small one beneath it."""
    return block("grouped_table", list(header), list(numeric), list(groups))


def block(macro: str, *values: object, template: str = "blocks.html.j2") -> Block:
    """What a macro of a template makes of these values."""
    return getattr(_environment().get_template(template).module, macro)(*values)


@functools.cache
def _environment() -> "Environment":
    import jinja2

    loader = jinja2.FileSystemLoader(_FOLDER)
    return jinja2.Environment(
        loader=loader, autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else str(value)
