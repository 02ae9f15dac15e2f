"""The templates: what is handed to them is text, whatever is in it; a change of one reaches what is made with them."""

import ast
import re

import pytest
from markup import read_html

from soundcheck.presenting import html

NASTY = "<script>alert('it')</script> & \"more\""


@pytest.mark.parametrize(
    "block",
    [
        lambda text: html.paragraph(text),
        lambda text: html.warning(text, text),
        lambda text: html.heading(text),
        lambda text: html.code(text),
        lambda text: html.definitions([(text, text)]),
        lambda text: html.folded(text, html.paragraph(text)),
        lambda text: html.listing([text], [[text]]),
        lambda text: html.listing(["", text], [[1, text]]),
        lambda text: html.grouped_listing([text, text, text], [False] * 3, [(text, [[(text, ""), (text, text)]])]),
    ],
)
def test_text_is_text_in_every_block(block):
    page = html.document(NASTY, [block(NASTY)], kicker=NASTY, facts=[NASTY], badge=NASTY)
    assert "<script" not in page
    assert read_html(page).text.count(NASTY) >= 5


def test_a_class_with_an_unfriendly_name_is_a_class():
    page = read_html(html.document("", [html.listing(["Class", "Train"], [(NASTY, 3)])]))
    assert page.tables[0][1] == [NASTY, "3"]


def test_a_plain_table_writes_numbers_truths_and_gaps_for_readers():
    page = read_html(html.document("", [html.listing(["a", "b", "c"], [("x", 12345, True), ("y", None, "")])]))
    assert page.tables[0][1:] == [["x", "12,345", "yes"], ["y", "missing:–", "missing:–"]]


def test_no_html_and_no_look_is_in_the_code(repository):
    folder = repository / "workflow" / "scripts" / "soundcheck" / "presenting"
    for path in folder.rglob("*.py"):
        tree = ast.parse(path.read_text())
        texts = [
            node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)
        ]
        # Markdown has no superscript of its own.
        tags = {tag for text in texts for tag in re.findall(r"</?[a-z]+[ >]", text)} - {"<sup>", "</sup>"}
        assert not tags, path
        assert "import escape" not in path.read_text(), path


def test_a_change_of_a_template_changes_the_digest(tmp_path, monkeypatch):
    copies = [tmp_path / path.name for path in html.TEMPLATES]
    for copy, path in zip(copies, html.TEMPLATES, strict=True):
        copy.write_bytes(path.read_bytes())
    before = html.templates_digest()
    monkeypatch.setattr(html, "TEMPLATES", tuple(copies))
    assert html.templates_digest() == before
    for copy in copies:
        copy.write_text(copy.read_text() + " ")
        changed = html.templates_digest()
        assert changed != before
        before = changed
