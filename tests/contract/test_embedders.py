"""What holds for every embedder of the catalogue, run on small stand-ins of the published weights."""

import functools
from pathlib import Path

import numpy as np
import pytest
from models import all_models
from models.processes import run_in

from soundcheck.audio.preparation import Clip
from soundcheck.configuration import catalogue
from soundcheck.embedding import check, job
from soundcheck.embedding.driver import Model, embed_clips

CATALOGUE = catalogue.load(Path(__file__).resolve().parents[2]).embedders
WHOLE = {name: row for name, row in CATALOGUE.items() if "layers_of" not in row}
# TensorFlow aborts a process in which it meets Essentia.
IN_TENSORFLOW = ("essentia", "openl3", "mule")
NORMALISED = ("mert-v1-95m", "mert-v1-330m", "w2v-bert-2.0", "handcrafted-chroma")
# A recording of ten minutes takes minutes on two cores: of each driver of a model, one that is quick hears it.
LONG = (
    "handcrafted-chroma",
    "handcrafted-mel",
    "handcrafted-mfcc",
    "handcrafted-spectral",
    "msd-musicnn",
    "whisper-base",
)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    all_models.fill(folder, CATALOGUE)
    return folder


def load(name, models, device="cpu"):
    row = CATALOGUE[name]
    entry = {"family": row["family"], **row["options"]}
    paths = [str(models / file["file"]) for file in row["weights"]]
    return job.load_embedder(name, entry, paths, None, device)


def report_of(name, models):
    # The stand-ins of transformers are narrower than the published; their layers are as many.
    dimension = 0 if CATALOGUE[name]["family"] == "huggingface" else CATALOGUE[name]["dimension"]
    declared = check.Declared(CATALOGUE[name]["sample_rate"], dimension)
    long_s = check.LONG_S if name in LONG else 10.0
    return check.check(name, lambda device: load(name, models, device), declared, long_s=long_s)


def facts_of(name, models):
    """The number of layers, the shape of the rows of two sounds, and whether the two differ."""
    model = Model(name, load(name, models))
    rate = model.embedder.sample_rate
    noise = np.random.default_rng(0).normal(0, 0.1, 3 * rate).astype(np.float32)
    tracks = list(embed_clips([Clip("noise", noise), Clip("music", check.music(3.0, rate))], model))
    rows = [track.pool.result() for track in tracks]
    return model.embedder.n_layers, rows[0].shape, not np.allclose(*rows, rtol=1e-2), model.embedder.facts


@run_in("graphs")
def in_tensorflow(function, name, models):
    return globals()[function](name, models)


@functools.cache
def run(function, name, models):
    if CATALOGUE[name]["family"] in IN_TENSORFLOW:
        return in_tensorflow(function.__name__, name, models)
    return function(name, models)


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_every_check_passes(name, models):
    outcomes = run(report_of, name, models)
    assert {
        outcome.check: (outcome.value, outcome.meaning) for outcome in outcomes if outcome.outcome == "failed"
    } == {}
    assert len(outcomes) >= 14


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_layers_are_as_declared_and_different_sounds_have_different_vectors(name, models):
    n_layers, shape, differ, facts = run(facts_of, name, models)
    assert n_layers == CATALOGUE[name].get("n_layers", 1)
    assert shape[0] == 1
    assert shape[1] % n_layers == 0
    assert differ
    assert facts["weights"]


@pytest.mark.parametrize("name", sorted(WHOLE))
def test_models_whose_input_is_normalised_are_told_by_a_gain_that_changes_nothing(name, models):
    gain = next(outcome for outcome in run(report_of, name, models) if outcome.check == "gain of -12 dB")
    normalised = CATALOGUE[name]["family"] in ("crepe", "openl3") or name in NORMALISED
    assert (gain.value < 1e-3) == normalised


@pytest.mark.parametrize("name", sorted(CATALOGUE.keys() - WHOLE.keys()))
def test_what_is_cut_from_layers_shares_the_pass_of_its_model(name):
    row, base = CATALOGUE[name], CATALOGUE[CATALOGUE[name]["layers_of"]]
    assert all(row[key] == base[key] for key in ("family", "env", "weights", "options", "n_layers", "sample_rate"))
    assert row["dimension"] * base["n_layers"] == base["dimension"]
    assert max(row["layers"]) < base["n_layers"]


@pytest.mark.parametrize("name", sorted(CATALOGUE))
def test_a_row_says_what_a_reader_must_know(name):
    row = CATALOGUE[name]
    for fact in ("title", "licence_weights", "licence_code", "citation", "env", "dimension", "sample_rate"):
        assert row[fact], fact
    assert isinstance(row["pretrained_on"], list)
    for file in row["weights"]:
        assert file["url"].startswith(("https://", "hf://")) or row["get_weights"]
