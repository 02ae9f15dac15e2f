"""The matrix: a pure function from the configuration to cells."""

import pytest
import yaml

from soundcheck.configuration import catalogue, matrix
from soundcheck.configuration.read import read

TEXT = """
experiments:
  - task: instrument_classification
    datasets: [synthetic]
    deformations: [D1, D2]
    embedders: [handcrafted-mfcc, crepe-tiny]
    probes: [M1, M2]
  - task: instrument_classification
    datasets: [synthetic]
    deformations: [D2, D3]
    embedders: [crepe-tiny]
    probes: [M1]
    metrics: [accuracy]
"""


@pytest.fixture
def build(repository):
    known = catalogue.load(repository)
    return lambda text: matrix.build(read(yaml.safe_load(text), known))


def test_shared_cells_are_there_once(build):
    cells = build(TEXT).cells
    assert len(cells) == 3 * 2 * 2 + 1
    assert list(cells).count(("synthetic", "instrument_classification", "single", "D2", "crepe-tiny", "M1")) == 1


def test_a_shared_cell_has_the_metrics_of_both_experiments(build):
    first, second = TEXT.split("  - task")[1:]
    text = "experiments:\n  - task" + first + "    metrics: [f1_macro]\n  - task" + second
    shared = ("synthetic", "instrument_classification", "single", "D2", "crepe-tiny", "M1")
    assert build(text).cells[shared] == ["f1_macro", "accuracy"]


def test_an_excluded_cell_is_pruned_with_its_reason(build):
    text = TEXT + "    exclude: [{deformation: D3, reason: already compressed}]\n"
    built = build(text)
    (pruned,) = built.pruned
    assert (pruned.cell.deformation, pruned.reason) == ("D3", "already compressed")
    assert pruned.cell not in built.cells


def test_what_another_experiment_evaluates_is_not_pruned(build):
    assert build(TEXT + "    exclude: [{deformation: D2, reason: no need}]\n").pruned == []
