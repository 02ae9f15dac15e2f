"""Tables written as CSV, Markdown, LaTeX, HTML, and as text for a terminal.

CSV is for programs: ids as in the configuration, numbers as in the results. The others are for readers: percentages
with one decimal, bounds beside or beneath each value.
"""

from soundcheck.presenting.formats.csv import to_csv
from soundcheck.presenting.formats.html import to_html
from soundcheck.presenting.formats.latex import to_latex
from soundcheck.presenting.formats.markdown import to_markdown
from soundcheck.presenting.formats.text import to_text

# By the suffix of the file.
FORMATS = {"csv": to_csv, "md": to_markdown, "tex": to_latex, "html": to_html, "txt": to_text}
