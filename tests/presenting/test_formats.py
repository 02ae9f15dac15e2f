"""Tables as written: each number is that of the results, with its marks, in every format."""

import csv
import io
import re
from dataclasses import replace

import pytest
from example_results import CONDITIONS, EMBEDDERS, METRICS, PROBES, build, evaluate, evaluate_with_gaps
from markup import read_html

from soundcheck.presenting import formats
from soundcheck.presenting.formats.latex import latex_text
from soundcheck.presenting.tables.presets import PRESETS


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    return evaluate_with_gaps(tmp_path_factory.mktemp("scores"))


def percent(value):
    return f"{100 * value:.1f}"


def expected_cells(evaluation):
    """Row by row, what the main table must say: `value`, `low–high`, or a dash."""
    for embedder in EMBEDDERS:
        for probe in PROBES:
            scores = [evaluation.score(m, c, embedder, probe) for m in METRICS for c in CONDITIONS]
            yield [embedder, probe], [s and (percent(s.value), f"{percent(s.low)}–{percent(s.high)}") for s in scores]


def test_html_says_what_the_results_say(evaluation):
    (table,) = read_html(formats.to_html(build(evaluation))).tables
    for row, (stub, expected) in zip(table[2:], expected_cells(evaluation), strict=True):
        stub = stub if len(row) == 8 else stub[1:]  # the embedder's cell spans its rows
        assert row[: len(stub)] == stub
        said = [re.sub(r"(best|tied|missing):", "", cell) for cell in row[len(stub) :]]
        for cell, pair in zip(said, expected, strict=True):
            assert re.sub(r"(?<=\d)[a-z]", "", cell) == (f"{pair[0]} {pair[1]}" if pair else "–")


def test_markdown_says_what_the_results_say(evaluation):
    lines = [line for line in formats.to_markdown(build(evaluation)).splitlines() if line.startswith("|")]
    for line, (stub, expected) in zip(lines[2:], expected_cells(evaluation), strict=True):
        cells = [re.sub(r"<sup>.</sup>|\*", "", cell.strip()) for cell in line.strip("|").split("|")]
        assert cells == stub + [f"{pair[0]} [{pair[1]}]" if pair else "–" for pair in expected]


def test_notes_carry_the_mark_of_the_cells_that_they_explain(evaluation):
    table = build(evaluation)
    assert "\n– was not run" in formats.to_markdown(table)
    assert "\n<sup>a</sup> 87 test items" in formats.to_markdown(table)
    assert "{\\footnotesize -- was not run" in formats.to_latex(table)
    assert "{\\footnotesize \\textsuperscript{a} 87 test items" in formats.to_latex(table)


def test_names_with_the_signs_of_markdown_stay_as_they_are_around_a_table_too(evaluation):
    named = replace(build(evaluation), subtitle="my_own_task of a|b", facts=("split *mine*",))
    text = formats.to_markdown(named)
    assert r"my\_own\_task of a\|b. Split \*mine\*." in text


def test_latex_says_what_the_results_say(evaluation):
    text = formats.to_latex(build(evaluation)).split("\\midrule", 1)[1].split("\\bottomrule")[0]
    text = re.sub(r"\\(textbf|underline)\{([^}]*)\}", r"\2", re.sub(r"\\textsuperscript\{.\}|\\midrule", "", text))
    rows = [row.strip() for row in re.split(r"\\\\(?:\*\[[^]]*\])?", text) if row.strip()]
    values, bounds = rows[::2], rows[1::2]
    for value, bound, (stub, expected) in zip(values, bounds, expected_cells(evaluation), strict=True):
        cells = [cell.strip() for cell in value.split("&")]
        assert cells[0] in (stub[0], "")
        assert cells[1:] == [stub[1]] + [pair[0] if pair else "--" for pair in expected]
        small = [cell.strip() for cell in bound.split("&")][2:]
        assert small == ["{\\tiny " + pair[1].replace("–", "--") + "}" if pair else "" for pair in expected]


def test_csv_holds_the_results_unrounded_under_their_ids(evaluation):
    rows = list(csv.DictReader(io.StringIO(formats.to_csv(build(evaluation)))))
    assert len(rows) == len(EMBEDDERS) * len(PROBES)
    for row in rows:
        for name in METRICS:
            for condition in CONDITIONS:
                score = evaluation.score(name, condition, row["embedder"], row["probe"])
                key = f"{name} {condition}"
                said = [row[key], row[f"{key} low"], row[f"{key} high"], row[f"{key} n"]]
                assert said == (
                    [str(score.value), str(score.low), str(score.high), str(score.n)] if score else [""] * 4
                )


def test_marks_reach_every_format(evaluation):
    table = build(evaluation, metrics=["accuracy"])
    best = next(cell for row in table.rows for cell in row.cells if cell.best)
    tied = next(cell for row in table.rows for cell in row.cells if cell.tied)
    assert f"**{percent(best.value)}**" in formats.to_markdown(table)
    assert f" *{percent(tied.value)}* " in formats.to_markdown(table)
    assert f"\\textbf{{{percent(best.value)}}}" in formats.to_latex(table)
    assert f"\\underline{{{percent(tied.value)}}}" in formats.to_latex(table)
    assert f'<span class="best">{percent(best.value)}</span>' in formats.to_html(table)
    assert f'<span class="tied">{percent(tied.value)}</span>' in formats.to_html(table)


@pytest.mark.parametrize("preset", list(PRESETS))
def test_every_preset_is_sound_in_every_format(evaluation, preset):
    table = build(evaluation, preset, title="Bells & <whistles> 100 %", synthetic=True)
    page = read_html(formats.to_html(table))
    assert "Bells & <whistles> 100 %: instrument classification" in page.text
    assert "synthetic audio" in page.text
    width = len(table.stubs) + len(table.columns)
    markdown = [line for line in formats.to_markdown(table).splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in markdown} == {width + 1}
    assert "(synthetic audio)" in formats.to_markdown(table)
    latex = formats.to_latex(table)
    assert "(synthetic audio)" in latex
    assert latex.count("{") - latex.count("\\{") == latex.count("}") - latex.count("\\}")
    body = latex.split("\\midrule", 1)[1].split("\\bottomrule")[0].replace("\\&", "")
    assert {line.count("&") for line in body.splitlines() if line.endswith("\\\\")} == {width - 1}
    lengths = {len(row) for row in csv.reader(io.StringIO(formats.to_csv(table)))}
    assert len(lengths) == 1


def test_latex_escapes_every_character_that_has_a_meaning():
    assert latex_text("a_b & 50 % #1 $x^{2}~\\") == (
        r"a\_b \& 50 \% \#1 \$x\textasciicircum{}\{2\}\textasciitilde{}\textbackslash{}"
    )


def test_classes_with_odd_names_do_not_break_a_table(tmp_path):
    odd = ["C# minor", "a|b", "x_y*z*", "<b>", "50 % & more", "naïve, “quoted”"]
    table = build(evaluate(tmp_path, classes=odd), "per_class")
    (said,) = read_html(formats.to_html(table)).tables
    assert [row[-5] for row in said[1:]] == sorted(odd)
    assert r"| a\|b |" in formats.to_markdown(table)
    assert r"C\# minor" in formats.to_latex(table)
    assert {row["class"] for row in csv.DictReader(io.StringIO(formats.to_csv(table)))} == set(odd)
