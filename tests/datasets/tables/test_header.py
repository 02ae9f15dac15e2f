"""What is wrong with a table as soon as one looks at it is told before the first job, of all tables at once."""

import subprocess
import sys

from soundcheck.datasets.support.tables.header import wrong_tables
from soundcheck.plumbing.digests.source import LIBRARY


def test_each_table_that_lacks_a_column_or_cannot_be_read_is_told(tmp_path):
    (tmp_path / "good.csv").write_text("path,genre\na.wav,x\n")
    (tmp_path / "empty.csv").write_text("")
    good, empty = str(tmp_path / "good.csv"), str(tmp_path / "empty.csv")
    options = [
        {"csv": good, "label": "genre"},
        {"csv": good},
        {"csv": good, "label": ["genre", "gener"]},
        {"csv": empty},
        {},
    ]
    missing, unread = wrong_tables(options)
    assert "no column 'gener', for which `label` asks (did you mean 'genre'?)" in missing
    assert unread == f"{empty}: the file is empty."


def test_looking_at_tables_imports_nothing_heavy():
    code = "import sys, soundcheck.datasets.support.tables.header; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=LIBRARY.parent, capture_output=True, text=True, check=True)
    assert {"pandas", "numpy", "pyarrow"}.isdisjoint(done.stdout.split())
