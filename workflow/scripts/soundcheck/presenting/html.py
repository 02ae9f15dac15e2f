"""One quiet HTML page: the look shared by the tables and the report's items. Self-contained, light and dark."""

from collections.abc import Iterable, Sequence
from html import escape

STYLE = """
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1d2126; --soft: #5f6871; --rule: #d9dde1; --faint: #f4f6f7; --accent: #0b6e69;
}
@media (prefers-color-scheme: dark) {
  :root { --paper: #14181b; --ink: #e6e9eb; --soft: #9aa4ac; --rule: #333b41; --faint: #1c2226; --accent: #5cc4bb; }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 2.5rem clamp(1rem, 4vw, 3.5rem) 4rem; background: var(--paper); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", "DejaVu Sans", sans-serif;
}
header { margin-bottom: 1.75rem; }
.kicker { margin: 0 0 .35rem; color: var(--accent); font-size: .8rem; font-weight: 600; letter-spacing: .04em; }
h1 { margin: 0; font-size: 1.6rem; font-weight: 600; line-height: 1.25; letter-spacing: -.01em; }
h2 { margin: 2.5rem 0 .6rem; font-size: 1.1rem; font-weight: 600; }
h3 { margin: 1.5rem 0 .4rem; font-size: .95rem; font-weight: 600; }
p { max-width: 46rem; margin: .5rem 0; }
.facts, .lead, .note { color: var(--soft); }
.facts { margin-top: .5rem; font-variant-numeric: tabular-nums; }
.facts span + span::before { content: "\\00b7"; margin: 0 .55em; }
.badge {
  display: inline-block; margin-left: .6em; padding: .1em .6em; border: 1px solid var(--accent); border-radius: 1em;
  color: var(--accent); font-size: .75rem; font-weight: 600; letter-spacing: .02em; vertical-align: .25em;
}
table { border-collapse: collapse; margin: .75rem 0 1.25rem; font-variant-numeric: tabular-nums lining-nums; }
th, td { padding: .3rem .8rem; text-align: left; vertical-align: top; }
th { font-weight: 600; }
thead { position: sticky; top: 0; z-index: 2; background: var(--paper); }
thead th { color: var(--soft); font-size: .82rem; vertical-align: bottom; }
thead tr:last-child th { box-shadow: inset 0 -1.5px 0 var(--ink); }
thead th.group { white-space: nowrap; color: var(--ink); text-align: center; box-shadow: inset 0 -1px 0 var(--rule); }
tbody { border-bottom: 1px solid var(--rule); }
tbody:last-of-type { border-bottom: 1.5px solid var(--ink); }
tbody tr:hover td { background: var(--faint); }
tbody th { font-weight: 400; white-space: nowrap; }
tbody th[scope=rowgroup] { font-weight: 600; }
.number { text-align: right; }
td.number { white-space: nowrap; }
.edge { padding-left: 2.2rem; }
.best { font-weight: 700; color: var(--accent); }
.tied { text-decoration: underline dotted var(--accent) 1.5px; text-underline-offset: .22em; }
td small { display: block; margin-top: -.15em; color: var(--soft); font-size: .72rem; font-weight: 400; }
td sup { color: var(--accent); font-size: .68em; line-height: 0; position: absolute; margin-top: .5em; }
.missing { color: var(--soft); }
dl { display: grid; grid-template-columns: max-content auto; gap: .15rem 1rem; margin: .5rem 0 1rem; }
dt { font-weight: 600; } dd { margin: 0; }
pre {
  max-width: 60rem; padding: 1rem 1.2rem; overflow-x: auto; background: var(--faint); border-radius: 6px;
  font: 13px/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace;
}
summary { margin: 1rem 0 .4rem; color: var(--accent); cursor: pointer; }
@media print { thead { position: static; } body { padding: 0; } }
""".strip()


def document(title: str, body: str, kicker: str = "Soundcheck", facts: Iterable[str] = (), badge: str = "") -> str:
    """A complete page. `body` is HTML; everything else is text."""
    badge = f'<span class="badge">{escape(badge)}</span>' if badge else ""
    facts = "".join(f"<span>{escape(fact)}</span>" for fact in facts)
    facts = f'\n<p class="facts">{facts}</p>' if facts else ""
    return f"""<!DOCTYPE html>
<html lang="en-GB">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>
{STYLE}
</style>
</head>
<body>
<header>
<p class="kicker">{escape(kicker)}</p>
<h1>{escape(title)}{badge}</h1>{facts}
</header>
<main>
{body}
</main>
</body>
</html>
"""


def paragraph(text: str, css: str = "lead") -> str:
    """A paragraph of text."""
    return f'<p class="{css}">{escape(text)}</p>'


def heading(text: str, level: int = 2, badge: str = "") -> str:
    """A heading, with a badge behind it where it has one."""
    badge = f'<span class="badge">{escape(badge)}</span>' if badge else ""
    return f"<h{level}>{escape(text)}{badge}</h{level}>"


def definitions(pairs: Iterable[tuple[str, object]]) -> str:
    """Terms and what they mean, as a two-column list."""
    items = "".join(f"<dt>{escape(term)}</dt><dd>{escape(str(meaning))}</dd>" for term, meaning in pairs)
    return f"<dl>{items}</dl>"


def folded(summary: str, body: str) -> str:
    """HTML that unfolds on a click, without JavaScript."""
    return f"<details><summary>{escape(summary)}</summary>\n{body}\n</details>"


def listing(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A plain table. Numbers stand to the right, with thousands separated; None is a dash; the first column names."""
    rows = [list(row) for row in rows]
    numeric = [any(_is_number(row[i]) for row in rows) for i in range(len(header))]
    css = [' class="number"' if flag else "" for flag in numeric]
    head = "".join(f'<th scope="col"{css[i]}>{escape(str(name))}</th>' for i, name in enumerate(header))
    body = "\n".join(
        "<tr>"
        + "".join(
            f'<th scope="row"{css[0]}>{_text(value)}</th>' if i == 0 else f"<td{css[i]}>{_text(value)}</td>"
            for i, value in enumerate(row)
        )
        + "</tr>"
        for row in rows
    )
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: object) -> str:
    if value is None or value == "":
        return '<span class="missing">–</span>'
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:,}" if isinstance(value, int) else escape(str(value))
