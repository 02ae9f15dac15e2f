"""A key with nothing behind it is as if it were not there; where nothing might mean none, it is a mistake."""

import copy
import json
from dataclasses import asdict

import pytest
import yaml

from soundcheck.configuration import catalogue, matrix
from soundcheck.configuration.plan import Plan
from soundcheck.configuration.read import read
from soundcheck.configuration.yaml.empty_keys import is_nothing
from soundcheck.plumbing.errors import SoundcheckError


@pytest.fixture(scope="module")
def known(repository):
    return catalogue.load(repository)


@pytest.fixture
def whole(tmp_path):
    """A configuration with each kind of mapping, by the path of one of them and the name of its definition."""
    (tmp_path / "model.py").touch()
    gain = {"type": "Gain", "params": {"min_gain_db": -3, "max_gain_db": -3}}
    weights = {"file": "deep/model.bin", "url": "https://example.org/model.bin"}
    return {
        "catalogue": {
            "deep": {"family": "clmr", "sample_rate": 22050, "weights": [weights]},
            "hub": {
                "family": "huggingface",
                "sample_rate": 24000,
                "huggingface": {"repo": "me/mine", "revision": "1", "files": ["a.bin"]},
            },
        },
        "experiments": [
            {
                "task": {"name": "mood", "type": "multilabel_classification"},
                "datasets": [{"name": "mine", "type": "folder", "dir": str(tmp_path)}],
                "embedders": [
                    {"like": "clmr-v2"},
                    {"name": "own", "hear": str(tmp_path / "model.py")},
                    "deep",
                    "hub",
                ],
                "probes": [{"hidden_units": [4]}, {"name": "linear"}],
                "deformations": [{"name": "soft", "transforms": [gain, {"type": "Reverse"}]}, {"type": "Normalize"}],
                "exclude": [{"probe": "linear", "embedder": "own", "reason": "too slow"}],
            },
            {
                "task": {"name": "sound_event_detection"},
                "datasets": [{"name": "mine", "type": "folder", "dir": str(tmp_path)}],
                "embedders": [{"name": "frames", "hear": str(tmp_path / "model.py")}],
                "probes": [{"name": "linear"}],
            },
            {
                "task": {"name": "instrument_classification"},
                "datasets": [
                    {"name": "synthetic"},
                    {"train_on": {"name": "tinysol"}, "test_on": {"name": "philharmonia"}},
                ],
                "embedders": [{"name": "crepe-tiny"}],
                "probes": ["M1"],
            },
        ],
    }


EXPERIMENT = ("experiments", 0)
PLACES = [
    (("catalogue", "deep"), "embedder_row"),
    (("catalogue", "hub"), "embedder_row"),
    (("catalogue", "deep", "weights", 0), "weights"),
    (EXPERIMENT, "experiment"),
    ((*EXPERIMENT, "task"), "task"),
    ((*EXPERIMENT, "datasets", 0), "dataset"),
    ((*EXPERIMENT, "embedders", 0), "embedder"),
    ((*EXPERIMENT, "embedders", 1), "embedder"),
    ((*EXPERIMENT, "probes", 0), "probe"),
    ((*EXPERIMENT, "probes", 1), "probe"),
    ((*EXPERIMENT, "deformations", 0, "transforms", 0), "transform"),
    ((*EXPERIMENT, "deformations", 0, "transforms", 1), "transform"),
    ((*EXPERIMENT, "deformations", 1), "transform"),
    ((*EXPERIMENT, "exclude", 0), "exclusion"),
    (("experiments", 1), "experiment"),
    (("experiments", 1, "task"), "task"),
    (("experiments", 1, "embedders", 0), "embedder"),
    (("experiments", 2, "task"), "task"),
    (("experiments", 2, "datasets", 0), "dataset"),
    (("experiments", 2, "datasets", 1), "dataset"),
    (("experiments", 2, "datasets", 1, "train_on"), "dataset"),
    (("experiments", 2, "embedders", 0), "embedder"),
]


def _at(config, path):
    for part in path:
        config = config[part]
    return config


def _properties(known, kind):
    if kind == "weights":
        return known.schema["$defs"]["embedder_row"]["properties"]["weights"]["items"]["properties"]
    return known.schema["$defs"][kind]["properties"]


def _planned(config, known):
    read_config = read(config, known)
    plan = Plan(matrix.build(read_config))
    probes = [probe.for_task(task) for probe in plan.probes.values() for task in plan.tasks.values()]
    everything = [asdict(each) for each in read_config.experiments]
    all_of_it = [list(plan.cells.items()), everything, probes, read_config.completed, read_config.embedders]
    return json.dumps(all_of_it, sort_keys=True)


@pytest.mark.parametrize(("path", "kind"), PLACES, ids=[f"{kind}-{at}" for at, (_, kind) in enumerate(PLACES)])
def test_keys_with_nothing_behind_them_change_nothing(whole, known, path, kind):
    without = _planned(copy.deepcopy(whole), known)
    mapping = _at(whole, path)
    empty = {key for key, described in _properties(known, kind).items() if is_nothing(described)} - mapping.keys()
    assert empty or kind == "transform"
    mapping |= dict.fromkeys(empty)
    assert _planned(whole, known) == without


def test_synonyms_names_and_options_with_nothing_behind_them_change_nothing(whole, known):
    without = _planned(copy.deepcopy(whole), known)
    _at(whole, (*EXPERIMENT, "embedders", 0)).update(name=None, hop=None, options={"hop_s": None})
    _at(whole, (*EXPERIMENT, "probes", 0)).update(name=None)
    _at(whole, (*EXPERIMENT, "deformations", 1)).update(name=None)
    _at(whole, ("experiments", 2, "datasets", 1)).update(name=None)
    _at(whole, (*EXPERIMENT, "datasets", 0)).update(options={"label": None})
    assert _planned(whole, known) == without


def test_nothing_is_a_value_among_the_options_of_a_row(whole, known):
    whole["catalogue"]["deep"]["options"] = {"hop_s": None}
    assert read(whole, known).experiments[0].embedders[2].entry["hop_s"] is None


def test_nothing_in_the_place_of_a_value_is_a_mistake_that_tells_the_default(whole, known):
    for path, kind in PLACES:
        for key, described in _properties(known, kind).items():
            if described.get("default") is None or is_nothing(described) or key == "emb_dim_reduction":
                continue
            config = copy.deepcopy(whole)
            _at(config, path)[key] = None
            with pytest.raises(
                SoundcheckError, match=f"{key}: nothing .*; leave the key out for its default, "
            ) as error:
                read(config, known)
            assert "1 mistake:" in str(error.value)


@pytest.mark.parametrize("key", ["experiments", "task", "datasets", "embedders", "probes"])
def test_nothing_where_something_is_needed_is_a_mistake(whole, known, key):
    owner = whole if key == "experiments" else whole["experiments"][0]
    owner[key] = None
    with pytest.raises(SoundcheckError, match=rf"{key}: nothing stands where a (list|mapping) belongs; \w+"):
        read(whole, known)


def test_an_empty_catalogue_and_empty_lists_are_none(whole, known):
    experiment = whole["experiments"][2]
    without = _planned({"experiments": [experiment]}, known)
    empty = dict.fromkeys(("deformations", "metrics", "exclude"))
    assert _planned({"catalogue": None, "experiments": [experiment | empty]}, known) == without


@pytest.mark.parametrize("key", ["datasets", "deformations", "embedders", "probes", "metrics", "exclude"])
def test_an_empty_item_of_a_list_is_a_mistake(whole, known, key):
    whole["experiments"][2][key] = [*whole["experiments"][2].get(key, []), None]
    with pytest.raises(SoundcheckError, match=rf"experiments\[2\].{key}\[\d\]: nothing stands where \w+"):
        read(whole, known)


def test_what_was_left_empty_is_told_beside_the_mistake_that_comes_of_it(known, tmp_path):
    text = """
experiments:
  - task: instrument_classification
    datasets:
      - {name: mine, type: folder, dir: }
    embedders:
      - name: my-model
        hear:
    probes: [M1]
"""
    file = tmp_path / "config.yaml"
    file.write_text(text)
    with pytest.raises(SoundcheckError) as error:
        read(yaml.safe_load(text), known, [file])
    assert (
        "line 5: experiments[0].datasets[0]: mine: a folder of one's own needs `dir`; nothing stands behind `dir`"
        in str(error.value)
    )
    assert "line 7: experiments[0].embedders[0]: unknown embedder 'my-model'" in str(error.value)
    assert "nothing stands behind `hear`" in str(error.value)
