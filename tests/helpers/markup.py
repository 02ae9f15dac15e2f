"""Reading HTML and SVG back, for tests: is it well formed, what does it need from outside, what does it say."""

import xml.etree.ElementTree as ET
from html.parser import HTMLParser

VOID = {"meta", "br", "hr", "img", "link"}


class _Reader(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.open, self.tables, self.text, self.attributes, self.classes = [], [], "", [], []

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag in VOID:
            return
        self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
        elif tag == "small" and self.tables:
            self.tables[-1][-1][-1] += " "
        elif tag == "span" and self.tables and "td" in self.open:
            self.tables[-1][-1][-1] += f"{dict(attrs)['class']}:"

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        self.text += data
        if self.open and any(tag in ("td", "th") for tag in self.open):
            self.tables[-1][-1][-1] += data


def read_html(page: str) -> _Reader:
    """The page's `tables` (rows of cells' text, `best:` before a best value) and `text`.

    Fails when elements are not closed in order, or the page loads anything or runs a script.
    """
    reader = _Reader()
    reader.feed(page)
    reader.close()
    assert not reader.open, f"not closed: {reader.open}"
    assert page.startswith("<!DOCTYPE html>")
    for tag, name, value in reader.attributes:
        assert tag not in ("script", "link", "iframe", "img"), f"<{tag}> in a self-contained page"
        assert name not in ("src", "href", "srcset"), f"{name}={value!r} on <{tag}>"
        assert not name.startswith("on"), f"{name}={value!r} on <{tag}>"
    assert "://" not in page
    assert "@import" not in page
    assert "url(" not in page
    return reader


def svg_texts(svg):
    """The texts of a figure."""
    return ["".join(each.itertext()).strip() for each in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]
