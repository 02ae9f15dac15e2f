"""CSV and JSON lines as people write them: each row is read as it is meant, or refused by its number."""

import json

import pytest

from soundcheck.datasets.support.tables import files
from soundcheck.plumbing.errors import SoundcheckError

KNOWN = ("path", "label", "fold")


def read(tmp_path, text, name="t.csv"):
    (tmp_path / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return files.read(tmp_path / name, KNOWN)


def refused(tmp_path, text, said, name="t.csv"):
    with pytest.raises(SoundcheckError, match=said):
        read(tmp_path, text, name)


def cells_of(rows, column):
    return [(row[files.ROW], row[column]) for row in rows]


ROWS = [f"{i:02}.wav,x{i}" for i in range(12)]


def csv_of(rows, header="path,label"):
    return "\n".join([header, *rows]) + "\n"


def with_cell(place, text, rows=ROWS):
    return [*rows[:place], f"{place:02}.wav,{text}", *rows[place + 1 :]]


@pytest.mark.parametrize("text", ['"Heroes', '"12" mix'])
def test_a_stray_mark_that_opens_a_cell_is_refused_with_its_row(tmp_path, text):
    refused(tmp_path, csv_of(with_cell(4, text)), r"t\.csv, row 6: a quotation mark opens a cell")


def test_a_stray_mark_that_a_later_one_closes_is_refused_with_its_row(tmp_path):
    # A parser sees one cell of four lines here, and nothing wrong.
    rows = with_cell(7, '12"', with_cell(4, '"Heroes'))
    refused(
        tmp_path, csv_of(rows), r"row 6: a cell that begins with a quotation mark holds what looks like further rows"
    )
    # So where paths have no suffixes.
    refused(tmp_path, csv_of(rows).replace(".wav", ""), "row 6: .* further rows")


def test_two_stray_marks_are_refused_at_the_first(tmp_path):
    rows = ['a.wav\t"Heroes\tx', "b.wav\tLow\tx", 'c.wav\t"Heroes\tx']
    refused(tmp_path, csv_of(rows, "path\ttitle\tlabel"), "row 2: a quotation mark")


def test_a_cell_in_marks_may_have_several_lines_and_delimiters(tmp_path):
    rows = ['a.wav,x,"one, two,\nthree; ""four"", five"', "b.wav,y,"]
    columns, found = read(tmp_path, csv_of(rows, "path,label,lyrics"))
    assert columns == ["path", "label", "lyrics"]
    assert cells_of(found, "lyrics") == [("2", 'one, two,\nthree; "four", five'), ("3", "")]


def test_a_cell_may_be_of_any_length(tmp_path):
    _, rows = read(tmp_path, csv_of([f"a.wav,{'x' * 200_000}"]))
    assert len(rows[0]["label"]) == 200_000


@pytest.mark.parametrize("first", ["sep=;", "SEP=;", '"sep=;"', "sep=; "])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_the_first_line_of_excel_names_the_delimiter(tmp_path, first, end):
    columns, rows = read(tmp_path, end.join([first, "path;label", "a.wav;x, y", ""]))
    assert columns == ["path", "label"]
    assert cells_of(rows, "label") == [("2", "x, y")]


def test_comments_above_the_header_are_passed_over_and_count_as_rows(tmp_path):
    columns, rows = read(tmp_path, "# made by me, 2026\n\n# path, label and nothing else\npath,label\na.wav,x\n")
    assert columns == ["path", "label"]
    assert cells_of(rows, "path") == [("5", "a.wav")]


def test_a_header_may_begin_like_a_comment(tmp_path):
    assert read(tmp_path, "# path,label\na.wav,x\n")[0] == ["path", "label"]
    columns, rows = read(tmp_path, "#,path,label\n1,a.wav,x\n")
    assert columns == ["path", "label"]
    assert cells_of(rows, "path") == [("2", "a.wav")]


@pytest.mark.parametrize("name", ["", "Unnamed: 0", "Unnamed: 0_level_1"])
def test_an_index_without_a_name_is_no_column(tmp_path, name):
    columns, rows = read(tmp_path, csv_of(["0,a.wav,x"], f"{name},path,label"))
    assert columns == ["path", "label"]
    assert rows == [{"path": "a.wav", "label": "x", files.ROW: "2"}]


def test_empty_cells_beyond_the_header_are_nothing_and_others_are_refused(tmp_path):
    assert len(read(tmp_path, csv_of(["a.wav,x,,"]))[1]) == 1
    refused(tmp_path, csv_of(["a.wav,x", "b.wav,x,,z"]), "row 3: 4 cells")


def test_names_of_columns_have_nothing_that_nobody_sees(tmp_path):
    assert read(tmp_path, "\ufeff\ufeffpath\u200b,\u00a0 Label \na.wav,x\n")[0] == ["path", "label"]


@pytest.mark.parametrize(
    "text", [b"path,label\na.wav,x\nb.wav,y\0\n", "path,label\na.wav,x\nb.wav,y".encode("utf-16-le")]
)
def test_a_character_nul_is_refused_with_its_row(tmp_path, text):
    refused(tmp_path, text, r"row [13]: holds a NUL character")


def lines(*rows):
    return "\n".join(json.dumps(row) if isinstance(row, dict) else row for row in rows)


def test_json_lines_have_nothing_for_null_and_nan_and_one_line_for_each_row(tmp_path):
    text = lines('{"path": "a.wav", "label": NaN}', '{"path": "b.wav", "label": "x\u2028y", "tags": ["a", null]}')
    columns, rows = read(tmp_path, text, "t.jsonl")
    assert columns == ["path", "label", "tags"]
    assert cells_of(rows, "label") == [("1", ""), ("2", "x\u2028y")]
    assert rows[1]["tags"] == ["a", ""]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ('{"path": "a.wav", "label": "x", "label ": "y"}', "row 2: 'label' is there twice"),
        ('{"path": "a.wav", "label": "x\\u0000"}', "row 2: column 'label' holds a NUL"),
        ('{"path": "a.wav", "tags": ["\\ud800"]}', r"row 2: column 'tags' holds half a character \(\\ud800\)"),
        ("[" * 100_000, "row 2: not readable as JSON"),
    ],
)
def test_json_that_no_table_can_hold_is_refused_with_its_row(tmp_path, row, said):
    refused(tmp_path, lines({"path": "0.wav", "label": "x"}, row), said, "t.jsonl")
