"""Tables: each number is that of the results, in the asked order, with honest marks, in four formats."""

import csv
import io
import re

import pytest
from example_results import CLASSES, CONDITIONS, EMBEDDERS, MISSING, PROBES, N, write_scores
from markup import read_html

from soundcheck import rendering, results, tables
from soundcheck.display import metric, short_conditions

METRICS = ["accuracy", "f1_macro"]
ORDER = tables.Order(CONDITIONS, EMBEDDERS, PROBES)
TASK = "instrument_classification"


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    folder = tmp_path_factory.mktemp("scores")
    paths = write_scores(folder, left_out_label=CLASSES[1], fewer_items={("clean", "random-tiny"): 87})
    results.collect(paths, folder / "results.parquet")
    return results.read_evaluation(folder / "results.parquet", "bells", TASK, "single")


def build(evaluation, preset="all_deform_all_models", order=ORDER, metrics=METRICS, **more):
    return tables.build(evaluation, preset, metrics, order, **more)


def percent(value):
    return f"{100 * value:.1f}"


def expected_cells(evaluation):
    """Row by row, what the main table must say: `value`, `low–high`, or a dash."""
    for embedder in EMBEDDERS:
        for probe in PROBES:
            scores = [evaluation.score(m, c, embedder, probe) for m in METRICS for c in CONDITIONS]
            yield [embedder, probe], [s and (percent(s.value), f"{percent(s.low)}–{percent(s.high)}") for s in scores]


def test_html_says_what_the_results_say(evaluation):
    (table,) = read_html(rendering.to_html(build(evaluation))).tables
    for row, (stub, expected) in zip(table[2:], expected_cells(evaluation), strict=True):
        stub = stub if len(row) == 8 else stub[1:]  # the embedder's cell spans its rows
        assert row[: len(stub)] == stub
        said = [re.sub(r"(best|tied|missing):", "", cell) for cell in row[len(stub) :]]
        for cell, pair in zip(said, expected, strict=True):
            assert re.sub(r"(?<=\d)[a-z]", "", cell) == (f"{pair[0]} {pair[1]}" if pair else "–")


def test_markdown_says_what_the_results_say(evaluation):
    lines = [line for line in rendering.to_markdown(build(evaluation)).splitlines() if line.startswith("|")]
    for line, (stub, expected) in zip(lines[2:], expected_cells(evaluation), strict=True):
        cells = [re.sub(r"<sup>.</sup>|\*", "", cell.strip()) for cell in line.strip("|").split("|")]
        assert cells == stub + [f"{pair[0]} [{pair[1]}]" if pair else "–" for pair in expected]


def test_latex_says_what_the_results_say(evaluation):
    text = rendering.to_latex(build(evaluation)).split("\\midrule", 1)[1].split("\\bottomrule")[0]
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
    rows = list(csv.DictReader(io.StringIO(rendering.to_csv(build(evaluation)))))
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


def test_columns_follow_the_given_order_of_conditions(evaluation):
    swapped = tables.Order(["clean", CONDITIONS[2], CONDITIONS[1]], EMBEDDERS, PROBES)
    table = build(evaluation, order=swapped, metrics=["accuracy"])
    assert [column.name for column in table.columns] == ["C", "D1", "D2"]
    assert table.legend == (("C", "clean"), ("D1", CONDITIONS[2]), ("D2", CONDITIONS[1]))
    assert table.rows[0].cells[1].value == evaluation.score("accuracy", CONDITIONS[2], EMBEDDERS[0], PROBES[0]).value


def test_rows_follow_the_given_order_of_embedders_and_probes(evaluation):
    order = tables.Order(CONDITIONS, EMBEDDERS[::-1], PROBES[::-1])
    keys = [row.key for row in build(evaluation, order=order).rows]
    assert keys == [(embedder, probe) for embedder in EMBEDDERS[::-1] for probe in PROBES[::-1]]


def test_each_column_marks_its_best_value_and_no_other(evaluation):
    table = build(evaluation)
    for i in range(len(table.columns)):
        cells = [row.cells[i] for row in table.rows if row.cells[i].value is not None]
        best = max(cell.value for cell in cells)
        assert [cell.value for cell in cells if cell.best] == [best]


def test_a_value_is_tied_exactly_when_its_interval_overlaps_the_best_ones(evaluation):
    table = build(evaluation)
    seen = set()
    for i in range(len(table.columns)):
        cells = [row.cells[i] for row in table.rows if row.cells[i].value is not None]
        best = next(cell for cell in cells if cell.best)
        for cell in cells:
            if not cell.best:
                assert cell.tied == (cell.high >= best.low)
                seen.add(cell.tied)
    assert seen == {True, False}


def test_marks_reach_every_format(evaluation):
    table = build(evaluation, metrics=["accuracy"])
    best = next(cell for row in table.rows for cell in row.cells if cell.best)
    tied = next(cell for row in table.rows for cell in row.cells if cell.tied)
    assert f"**{percent(best.value)}**" in rendering.to_markdown(table)
    assert f" *{percent(tied.value)}* " in rendering.to_markdown(table)
    assert f"\\textbf{{{percent(best.value)}}}" in rendering.to_latex(table)
    assert f"\\underline{{{percent(tied.value)}}}" in rendering.to_latex(table)
    assert f'<span class="best">{percent(best.value)}</span>' in rendering.to_html(table)
    assert f'<span class="tied">{percent(tied.value)}</span>' in rendering.to_html(table)


def test_a_metric_of_unknown_direction_keeps_its_name_and_marks_nothing(tmp_path):
    results.collect(write_scores(tmp_path, metrics=("my_loss",)), tmp_path / "r.parquet")
    evaluation = results.read_evaluation(tmp_path / "r.parquet", "bells", TASK, "single")
    table = build(evaluation, metrics=["my_loss"])
    cells = [cell for row in table.rows for cell in row.cells]
    assert not any(cell.best or cell.tied for cell in cells)
    assert table.columns[0].group == "my_loss"
    assert rendering.value_text(cells[0]) == f"{cells[0].value:.3f}"
    assert any("direction is not known" in text for _, text in table.notes)


def test_a_missing_cell_is_a_dash_with_a_note(evaluation):
    table = build(evaluation)
    row = next(row for row in table.rows if row.key == MISSING[1:])
    assert rendering.value_text(row.cells[CONDITIONS.index(MISSING[0])]) == "–"
    assert any(mark == "–" for mark, _ in table.notes)


def test_a_table_without_missing_cells_has_no_such_note(evaluation):
    table = build(evaluation, order=tables.Order(CONDITIONS[:2], EMBEDDERS, PROBES))
    assert not any(mark == "–" for mark, _ in table.notes)


def test_cells_with_fewer_test_items_carry_a_letter_and_its_note(evaluation):
    table = build(evaluation)
    marked = {(row.key[0], column.key) for row in table.rows for cell, column in zip(row.cells, table.columns, strict=True) if cell.mark}  # fmt: skip  # noqa: E501
    assert marked == {("random-tiny", f"{name} clean") for name in METRICS}
    assert ("a", f"87 test items in the place of {N}: the report lists what was left out, and why.") in table.notes
    assert f"{N} test items" in table.facts


def test_deformations_shows_the_mean_over_probes_and_its_change_from_clean(evaluation):
    table = build(evaluation, "deformations")
    for row in table.rows:
        for embedder, cell in zip(EMBEDDERS, row.cells, strict=True):
            scores = [evaluation.score(*row.key, embedder, probe) for probe in PROBES]
            values = [score.value for score in scores if score]
            assert cell.value == pytest.approx(sum(values) / len(values), abs=1e-12)
            if row.key[1] == "clean":
                assert cell.drop is None


def test_a_change_compares_only_probes_that_have_both_conditions(evaluation):
    table = build(evaluation, "deformations", metrics=["accuracy"])
    row = next(row for row in table.rows if row.key[1] == MISSING[0])
    cell = row.cells[EMBEDDERS.index(MISSING[1])]
    (kept,) = [probe for probe in PROBES if probe != MISSING[2]]
    clean, noisy = (evaluation.score("accuracy", name, MISSING[1], kept).value for name in ("clean", MISSING[0]))
    assert cell.drop == pytest.approx(noisy - clean, abs=1e-12)


def test_probes_shows_each_probe_on_clean_audio(evaluation):
    table = build(evaluation, "probes")
    for row in table.rows:
        for embedder, cell in zip(EMBEDDERS, row.cells, strict=True):
            assert cell.value == evaluation.score(row.key[0], "clean", embedder, row.key[1]).value


def test_embedders_takes_the_mean_over_probes_and_never_the_best_on_the_test_set(evaluation):
    for row in build(evaluation, "embedders").rows:
        values = [evaluation.score(row.key[0], "clean", row.key[1], probe).value for probe in PROBES]
        assert row.cells[0].value == pytest.approx(sum(values) / len(values), abs=1e-12)
        assert (row.cells[0].low, row.cells[0].high) == (min(values), max(values))
        assert row.cells[0].value < max(values)


def test_embedders_names_the_worst_condition_and_the_spread_of_seeds(evaluation):
    table = build(evaluation, "embedders", metrics=["accuracy"])
    for row in table.rows:
        means = {}
        for name in CONDITIONS[1:]:
            scores = [evaluation.score("accuracy", name, row.key[1], probe) for probe in PROBES]
            values = [score.value for score in scores if score]
            means[name] = sum(values) / len(values)
        worst = min(means, key=means.get)
        assert row.cells[2].key == worst
        assert row.cells[2].text == short_conditions(CONDITIONS)[worst]
        assert row.cells[1].value == pytest.approx(means[worst], abs=1e-12)
        spreads = [evaluation.score("accuracy", "clean", row.key[1], probe).seed_std for probe in PROBES]
        assert row.cells[4].value == max(spreads)


def test_means_over_probes_never_claim_to_tie(evaluation):
    for preset in ("deformations", "embedders", "per_class"):
        assert not any(cell.tied for row in build(evaluation, preset).rows for cell in row.cells)


def test_per_class_shows_every_class_with_its_n_and_the_left_out_label_as_such(evaluation):
    table = build(evaluation, "per_class")
    assert [row.key[1] for row in table.rows] == sorted(CLASSES)
    for row in table.rows:
        assert row.cells[0].text == str(N // 3)
        for embedder, cell in zip(EMBEDDERS, row.cells[1:], strict=True):
            if row.key[1] == CLASSES[1]:
                assert rendering.value_text(cell) == "left out"
                continue
            scores = [evaluation.score("f1_macro", "clean", embedder, probe, row.key[1]) for probe in PROBES]
            assert cell.value == pytest.approx(sum(score.value for score in scores) / len(PROBES), abs=1e-12)
    assert any(text.startswith("Left out:") for _, text in table.notes)


@pytest.mark.parametrize("preset", list(tables.PRESETS))
def test_every_preset_is_sound_in_every_format(evaluation, preset):
    table = build(evaluation, preset, title="Bells & <whistles> 100 %", synthetic=True)
    page = read_html(rendering.to_html(table))
    assert "Bells & <whistles> 100 %: instrument classification" in page.text
    assert "synthetic audio" in page.text
    width = len(table.stubs) + len(table.columns)
    markdown = [line for line in rendering.to_markdown(table).splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in markdown} == {width + 1}
    assert "(synthetic audio)" in rendering.to_markdown(table)
    latex = rendering.to_latex(table)
    assert "(synthetic audio)" in latex
    assert latex.count("{") - latex.count("\\{") == latex.count("}") - latex.count("\\}")
    body = latex.split("\\midrule", 1)[1].split("\\bottomrule")[0].replace("\\&", "")
    assert {line.count("&") for line in body.splitlines() if line.endswith("\\\\")} == {width - 1}
    lengths = {len(row) for row in csv.reader(io.StringIO(rendering.to_csv(table)))}
    assert len(lengths) == 1


def test_latex_escapes_every_character_that_has_a_meaning():
    assert rendering.latex_text("a_b & 50 % #1 $x^{2}~\\") == (
        r"a\_b \& 50 \% \#1 \$x\textasciicircum{}\{2\}\textasciitilde{}\textbackslash{}"
    )


def test_classes_with_odd_names_do_not_break_a_table(tmp_path):
    odd = ["C# minor", "a|b", "x_y*z*", "<b>", "50 % & more", "naïve, “quoted”"]
    results.collect(write_scores(tmp_path, classes=odd), tmp_path / "r.parquet")
    evaluation = results.read_evaluation(tmp_path / "r.parquet", "bells", TASK, "single")
    table = build(evaluation, "per_class")
    (said,) = read_html(rendering.to_html(table)).tables
    assert [row[-5] for row in said[1:]] == sorted(odd)
    assert r"| a\|b |" in rendering.to_markdown(table)
    assert r"C\# minor" in rendering.to_latex(table)
    assert {row["class"] for row in csv.DictReader(io.StringIO(rendering.to_csv(table)))} == set(odd)


def test_an_unknown_preset_names_those_that_exist(evaluation):
    with pytest.raises(ValueError, match="all_deform_all_models, deformations, probes, embedders, per_class"):
        build(evaluation, "all")


def test_a_metric_that_was_not_computed_names_those_that_were(evaluation):
    with pytest.raises(ValueError, match=r"no metric 'roc_auc'.*accuracy, f1_macro"):
        build(evaluation, metrics=["roc_auc"])


def test_one_probe_alone_is_the_best_of_nothing(evaluation):
    order = tables.Order(CONDITIONS, EMBEDDERS, PROBES[:1])
    assert not any(cell.best for row in build(evaluation, "probes", order).rows for cell in row.cells)


def test_known_metrics_are_percentages_and_changes_have_a_sign():
    assert metric("roc_auc").text(0.8371) == "83.7"
    assert metric("accuracy").change(-0.125) == "−12.5"
    assert metric("accuracy").change(0.031) == "+3.1"
    assert metric("accuracy").change(-0.0001) == "0.0"


def test_a_metric_that_no_item_could_measure_is_a_dash_and_not_a_number():
    undefined = results.Score(None, None, None, None, N)
    scores = {("roc_auc", "clean", embedder, "M1", ""): undefined for embedder in EMBEDDERS}
    evaluation = results.Evaluation("bells", "autotagging", "single", scores)
    order = tables.Order(["clean"], EMBEDDERS, ["M1"])
    for preset in ("all_deform_all_models", "deformations", "probes", "embedders"):
        table = build(evaluation, preset, order, ["roc_auc"])
        assert rendering.value_text(table.rows[0].cells[0]) == "–"
        assert any(mark == "–" for mark, _ in table.notes)
