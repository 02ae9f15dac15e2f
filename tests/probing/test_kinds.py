"""Kinds of probes: each has the functions of a probe, is named in its one place, and reads keys of its own."""

import inspect
import re

import pytest

from soundcheck.configuration import catalogue
from soundcheck.configuration.read import read
from soundcheck.plumbing.digests.source import LIBRARY
from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.probing import kinds
from soundcheck.probing.probe import Probe

# Keys that every probe has, and those that are accepted for files of the thesis.
OF_ALL = {"name", "type", "emb_shape", "train_sampling"}


@pytest.mark.parametrize("kind", kinds.KINDS)
def test_a_kind_has_the_functions_of_a_probe(kind):
    trainer, model = kinds.trainer_of(kind), kinds.model_of(kind)
    for module, names in ((trainer, ["fit"]), (model, ["predict", "save", "load"])):
        for name in names:
            expected = inspect.signature(getattr(Probe, name)).parameters
            assert list(inspect.signature(getattr(module, name)).parameters) == list(expected)


def test_a_kind_is_named_where_it_is_and_among_the_kinds_alone():
    for path in [*LIBRARY.rglob("*.py"), *LIBRARY.parent.glob("*.py")]:
        place = path.relative_to(LIBRARY.parent).as_posix()
        if not place.startswith(("soundcheck/probing/mlp/", "soundcheck/probing/kinds.py")):
            assert not re.search(r"\bmlp\b|\bMLP\b(?!-)", path.read_text()), place


def test_each_key_of_the_schema_is_read_by_some_kind(repository):
    properties = catalogue.load(repository).schema["$defs"]["probe"]["properties"]
    read_keys = {key for kind in kinds.KINDS.values() for key in kind.keys}
    assert read_keys | OF_ALL == properties.keys()
    for kind in kinds.KINDS.values():
        assert {*kind.open_keys, kind.begins_with} - {""} <= set(kind.keys)
    assert (properties["type"]["enum"], properties["type"]["default"]) == (list(kinds.KINDS), kinds.DEFAULT)


def _probes(repository, *probes):
    experiment = {
        "task": "instrument_classification",
        "datasets": ["synthetic"],
        "embedders": ["handcrafted-mfcc"],
        "probes": list(probes),
    }
    return read({"seeds": 2, "experiments": [experiment]}, catalogue.load(repository)).experiments[0]


def test_a_kind_gets_its_own_keys_and_a_name_of_its_own(repository, monkeypatch):
    monkeypatch.setitem(kinds.KINDS, "centroids", kinds.Kind("nowhere", keys=("standardize",)))
    experiment = _probes(repository, {"type": "centroids"}, {"type": "centroids", "standardize": False}, "M1")
    plain, other, _ = experiment.probes
    assert (plain.name, other.name) == ("centroids", "centroids-standardize-False")
    assert plain.for_task(experiment.task) == {"kind": "centroids", "seeds": [0, 1], "standardize": True}
    assert other.for_task(experiment.task) == {"kind": "centroids", "seeds": [0, 1], "standardize": False}


def test_a_key_that_a_kind_does_not_read_is_a_mistake(repository, monkeypatch):
    monkeypatch.setitem(kinds.KINDS, "centroids", kinds.Kind("nowhere"))
    with pytest.raises(SoundcheckError, match="`hidden_units` is for probes of type mlp; this one is centroids"):
        _probes(repository, {"type": "centroids", "hidden_units": [8]})


def test_the_name_in_the_thesis_is_that_of_the_default(repository):
    (probe,) = _probes(repository, {"type": "classifier", "hidden_units": [8]}).probes
    assert (probe.name, probe.kind) == ("MLP-8", "mlp")
