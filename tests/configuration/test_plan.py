"""The plan: what rules ask of a matrix, answered without Snakemake."""

import pytest
import yaml

from soundcheck.configuration import catalogue
from soundcheck.configuration.plan import Embedded, Evaluation, Plan, embedded_parts
from soundcheck.configuration.read import read

TEXT = """
autotable: [embedders, per_class]
experiments:
  - task: instrument_classification
    datasets: [{name: synthetic, split_type: single}]
    deformations: [D2]
    embedders: [handcrafted-mfcc, crepe-tiny]
    probes: [M1]
  - task: autotagging
    datasets: [{name: synthetic, split_type: single}]
    embedders: [handcrafted-mfcc]
    probes: [M1]
"""
INSTRUMENTS = Evaluation("synthetic", "instrument_classification", "single")
TAGS = Evaluation("synthetic", "autotagging", "single")


@pytest.fixture
def plan_of(repository):
    known = catalogue.load(repository)
    return lambda text, **settings: Plan(read(yaml.safe_load(text) | settings, known))


@pytest.fixture
def plan(plan_of):
    return plan_of(TEXT)


def test_the_order_of_the_config_changes_no_job(plan, plan_of):
    other = plan_of(TEXT.replace("[handcrafted-mfcc, crepe-tiny]", "[crepe-tiny, handcrafted-mfcc]"))
    assert set(plan.cells) == set(other.cells)
    assert plan.splits_embedded == other.splits_embedded


def test_a_probe_is_trained_on_clean_embeddings_even_where_clean_is_not_evaluated(plan_of):
    exclude = "    exclude: [{deformation: clean, reason: known}]\n"
    plan = plan_of(TEXT.replace("  - task: autotagging", exclude + "  - task: autotagging"))
    assert Embedded("synthetic", "clean", "crepe-tiny") in plan.splits_embedded


def test_clean_audio_is_embedded_for_all_parts_and_splits_deformed_audio_for_the_test(plan):
    assert embedded_parts("clean") == ["train", "validation", "test"]
    assert embedded_parts("D2") == ["test"]
    assert plan.splits_to_embed(Embedded("synthetic", "clean", "handcrafted-mfcc")) == [TAGS, INSTRUMENTS]
    assert plan.splits_to_embed(Embedded("synthetic", "D2", "handcrafted-mfcc")) == [INSTRUMENTS]


def test_there_is_a_table_for_each_preset_and_a_figure_of_labels_that_fits_the_task(plan):
    assert [(table.task, table.preset) for table in plan.tables({"embedders": False, "per_class": True})] == [
        ("instrument_classification", "embedders"),
        ("autotagging", "embedders"),
        ("instrument_classification", "per_class"),
        ("autotagging", "per_class"),
    ]
    assert [(figure.task, figure.figure) for figure in plan.figures] == [
        ("instrument_classification", "robustness"),
        ("autotagging", "robustness"),
        ("instrument_classification", "confusion"),
        ("autotagging", "confusion"),
    ]
    assert [plan.figure_of_labels(evaluation) for evaluation in (INSTRUMENTS, TAGS)] == ["confusion", "per_label"]


def test_weights_are_known_by_all_models_that_read_them_and_verified_unless_that_is_switched_off(plan_of):
    text = TEXT.replace("crepe-tiny]", "mert-v1-95m-6]")
    plan = plan_of(text)
    (made_by,) = (name for name in plan.models if name.startswith("mert"))
    assert plan.digests_of_weights(made_by) == [file.sha256 for file in plan.weights.values()]
    assert plan_of(text, check_weights=False).digests_of_weights(made_by) is None
    for file in plan.weights:
        assert plan.whose_weights(file) == ["mert-v1-95m"]
        assert plan.how_to_get_weights(file) == ""
    assert plan.whose_weights("no such file") == []


def test_a_size_is_declared_unless_the_pooling_is_another(plan, plan_of):
    assert plan.embedders["crepe-tiny"].declared_dimension == plan.embedders["crepe-tiny"].about["dimension"] > 0
    pooled = plan_of(TEXT.replace("crepe-tiny]", "{name: crepe-tiny, pooling: mean_std}]"))
    (other,) = (name for name in pooled.embedders if name.startswith("crepe-tiny"))
    assert pooled.embedders[other].declared_dimension == 0


def test_embedders_run_a_model_or_are_taken_from_files_or_are_cut(plan_of, tmp_path):
    mine = f"{{name: mine, precomputed: {tmp_path}}}"
    plan = plan_of(TEXT.replace("crepe-tiny]", f"mert-v1-95m-6, {mine}]"))
    (cut,) = plan.cut
    assert plan.embedders[cut].made_by in plan.models
    assert plan.precomputed == ["mine"]
    assert {*plan.models, *plan.cut, *plan.precomputed} == set(plan.embedders)
    assert [checked.embedder for checked in plan.checked_embedders] == [
        "handcrafted-mfcc",
        plan.embedders[cut].made_by,
    ]


def test_a_joined_dataset_needs_both_clean_and_deformed_the_one_that_is_tested(plan_of):
    pair = "{train_on: {name: synthetic}, test_on: {name: mine, type: synthetic}, split_type: single}"
    plan = plan_of(TEXT.replace("{name: synthetic, split_type: single}", pair, 1))
    (joined,) = plan.joined
    assert plan.joined_parts(joined) == ["synthetic", "mine"]
    assert plan.joined_parts(joined, "D2") == ["mine"]
    assert set(plan.plain_datasets) == {"synthetic", "mine"}
