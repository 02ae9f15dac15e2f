"""Any dataset of mirdata: its attributes as labels, groups and parts; what cannot be meant is refused by name."""

import importlib.util

import pytest
from mirdata_folders import labels_of, write_index

from soundcheck.datasets import index
from soundcheck.datasets.sources import mirdata_adapter
from soundcheck.plumbing.errors import SoundcheckError

mirdata = pytest.importorskip("mirdata")


def test_a_table_that_was_written_and_read_gives_the_same_labels_and_parts(tinysol):
    for options in ({"dataset": "tinysol"}, {"dataset": "tinysol", "label": "dynamics", "split_attribute": ""}):
        before = mirdata_adapter.tracks(tinysol, **options).sort_values("track_id", ignore_index=True)
        table, _ = index.index(mirdata_adapter, tinysol, "tinysol", {"csv": "", **options})
        after = table.to_pandas()
        task = "instrument_classification"
        assert list(mirdata_adapter.labels(after, task)) == list(mirdata_adapter.labels(before, task))
        both = [mirdata_adapter.splits(each, task) for each in (before, after)]
        assert both == [None, None] if "label" in options else both[0].equals(both[1])
        assert [mirdata_adapter.groups(each, task)[1] for each in (before, after)] == [None, None]


def test_any_attribute_may_be_the_label_of_any_task(tinysol):
    labels = labels_of(tinysol, "dynamics_classification", dataset="tinysol", label="dynamics")
    assert labels["Fl-ord-G5-pp-N-N"] == ["pp"]
    labels = labels_of(tinysol, "any", dataset="tinysol", label=["family", "pitch_id"])
    assert labels["Fl-ord-G5-pp-N-N"] == ["Winds 60"]
    assert (
        mirdata_adapter.groups(mirdata_adapter.tracks(tinysol, dataset="tinysol", group="pitch"), "any")[1] == "pitch"
    )


def test_the_keys_of_an_own_label_are_read_as_keys(key_dataset):
    name, folder = key_dataset
    with_recipe = labels_of(folder, "key_estimation", dataset=name)
    assert labels_of(folder, "key_estimation", dataset=name, label="key") == with_recipe


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({}, "which dataset of mirdata"),
        ({"dataset": "tinysoll"}, r"has no dataset 'tinysoll' \(did you mean 'tinysol'\?\)"),
        ({"dataset": "tinysol", "version": "6.1"}, r"no version '6.1' \(did you mean '6.0'\?\); it has default, 6.0"),
        ({"dataset": "tinysol", "lable": "x"}, r"unknown option 'lable' \(did you mean 'label'\?\)"),
        (
            {"dataset": "tinysol", "label": "instrument"},
            r"`label`: .* 'instrument' \(did you mean 'instrument_full'\?\)",
        ),
        ({"dataset": "tinysol", "group": "pich"}, r"`group`: .* 'pich' \(did you mean 'pitch'\?\)"),
        ({"dataset": "tinysol", "audio": "audio_pth"}, r"`audio`: .* 'audio_pth' \(did you mean 'audio_path'\?\)"),
        ({"dataset": "tinysol", "split_attribute": "folds"}, "`split_attribute`: .* no attribute 'folds'"),
        ({"dataset": "tinysol", "split_attribute": "family"}, "'family' tells no parts.*strings, winds"),
        ({"dataset": "tinysol", "label": "audio"}, "no track of mirdata's 'tinysol' can be used"),
        ({"dataset": "tinysol", "index": "no.json"}, "the `index` 'no.json' is neither"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(tinysol, options, message):
    with pytest.raises(SoundcheckError, match=message):
        mirdata_adapter.tracks(tinysol, **options)


def test_an_unknown_task_is_refused_with_the_nearest(tinysol):
    tracks = mirdata_adapter.tracks(tinysol, dataset="tinysol")
    with pytest.raises(SoundcheckError, match=r"no task 'instrument_classificaton' \(did you mean 'instrument_class"):
        mirdata_adapter.labels(tracks, "instrument_classificaton")


def test_a_dataset_without_a_recipe_asks_for_its_label(tmp_path):
    write_index(tmp_path, "vocadito_index_1.0.json", {"1": {"audio": "Audio/vocadito_1.wav", "f0": "x", "lyrics": "x"}})
    with pytest.raises(SoundcheckError, match="Give the option `label`"):
        mirdata_adapter.tracks(tmp_path, dataset="vocadito")


def test_a_citation_has_its_accents_and_no_abstract():
    citation = mirdata_adapter.about(dataset="beatport_key")["citation"]
    assert "{\\'A}ngel Faraldo" in citation
    assert "abstract" not in citation
    assert mirdata_adapter.about(dataset="fma_keys")["citation"].startswith("@inproceedings{wong2023fmak,")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("maestro", "mirdata's index of 'maestro' is not here"),
        ("dali", r"needs a package that is not installed .*pip install 'mirdata\[dali\]'"),
        ("simac", "its 'simac' has no version '1.0', which it means by 'default'"),
    ],
)
def test_what_keeps_mirdata_from_opening_a_dataset_is_told(name, message, tmp_path):
    if name == "simac" and mirdata.__version__ != "1.0.0":
        pytest.skip("another release of mirdata may have mended it")
    if name == "dali" and importlib.util.find_spec("DALI"):
        pytest.skip("the package is installed")
    with pytest.raises(SoundcheckError, match=message):
        mirdata_adapter.tracks(tmp_path, dataset=name, label="label")
