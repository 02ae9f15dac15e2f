"""Tables written as CSV, Markdown, LaTeX, HTML, and as text for a terminal.

CSV is for programs: ids as in the configuration, numbers as in the results. The others are for readers: percentages
with one decimal, bounds beside or beneath each value.
"""

from soundcheck.rendering.csv import to_csv
from soundcheck.rendering.html import to_html
from soundcheck.rendering.latex import to_latex
from soundcheck.rendering.markdown import to_markdown
from soundcheck.rendering.text import to_text

# By the suffix of the file.
FORMATS = {"csv": to_csv, "md": to_markdown, "tex": to_latex, "html": to_html, "txt": to_text}
