"""Presets: what each shows of the scores; nothing is picked on the test set."""

import pytest
from example_results import CLASSES, CONDITIONS, EMBEDDERS, PROBES, N, build, evaluate_with_gaps

from soundcheck.presenting.formats.reading import value_text
from soundcheck.presenting.wording import short_conditions


@pytest.fixture(scope="module")
def evaluation(tmp_path_factory):
    return evaluate_with_gaps(tmp_path_factory.mktemp("scores"))


def test_deformations_shows_the_mean_over_probes_and_its_change_from_clean(evaluation):
    table = build(evaluation, "deformations")
    for row in table.rows:
        for embedder, cell in zip(EMBEDDERS, row.cells, strict=True):
            scores = [evaluation.score(*row.key, embedder, probe) for probe in PROBES]
            values = [score.value for score in scores if score]
            assert cell.value == pytest.approx(sum(values) / len(values), abs=1e-12)
            if row.key[1] == "clean":
                assert cell.drop is None


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


def test_per_class_shows_every_class_with_its_n_and_the_left_out_label_as_such(evaluation):
    table = build(evaluation, "per_class")
    assert [row.key[1] for row in table.rows] == sorted(CLASSES)
    for row in table.rows:
        assert row.cells[0].text == str(N // 3)
        for embedder, cell in zip(EMBEDDERS, row.cells[1:], strict=True):
            if row.key[1] == CLASSES[1]:
                assert value_text(cell) == "left out"
                continue
            scores = [evaluation.score("f1_macro", "clean", embedder, probe, row.key[1]) for probe in PROBES]
            assert cell.value == pytest.approx(sum(score.value for score in scores) / len(PROBES), abs=1e-12)
    assert any(text.startswith("Left out:") for _, text in table.notes)
