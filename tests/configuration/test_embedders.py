"""Embedders of a configuration: variants along their axes, own models by path, own rows of the catalogue."""

import pytest
import yaml

from soundcheck.configuration import catalogue
from soundcheck.configuration.plan import Plan
from soundcheck.configuration.read import read
from soundcheck.plumbing.errors import SoundcheckError

LAYERED = """
catalogue:
  deep:
    family: huggingface
    env: hear
    sample_rate: 24000
    n_layers: 4
    weights: [{file: deep/model.bin, url: https://example.org/model.bin}]
    options: {hop_s: 0}
  deep-low: {family: huggingface, env: hear, sample_rate: 24000, n_layers: 4, layers_of: deep, layers: [0, 1],
             weights: [{file: deep/model.bin, url: https://example.org/model.bin}], options: {hop_s: 0}}
"""


@pytest.fixture
def plan_of(repository):
    known = catalogue.load(repository)

    def make(embedders, more="", **experiment):
        raw = yaml.safe_load(more) or {}
        raw["experiments"] = [
            {"task": "instrument_classification", "datasets": ["synthetic"], "embedders": embedders, "probes": ["M1"]}
            | experiment
        ]
        return Plan(read(raw, known))

    return make


def test_each_value_of_an_axis_is_an_embedder_with_a_readable_name(plan_of):
    plan = plan_of([{"like": "crepe-tiny", "hop": [0.1, 0.05], "pooling": ["mean", "none"]}])
    assert list(plan.embedders) == [
        "crepe-tiny-hop0.1s-mean",
        "crepe-tiny-hop0.1s-frames",
        "crepe-tiny-hop0.05s-mean",
        "crepe-tiny-hop0.05s-frames",
    ]
    entry = plan.embedders["crepe-tiny-hop0.1s-frames"].entry
    assert (entry["hop_s"], entry["pooling"], entry["capacity"]) == (0.1, "none", "tiny")


def test_jobs_know_the_rate_of_the_catalogue_unless_weights_of_ones_own_have_another(plan_of, tmp_path):
    (tmp_path / "model.safetensors").touch()
    own = {"name": "at16", "like": "mert-v1-95m", "weights": str(tmp_path), "options": {"sample_rate": 16_000}}
    plan = plan_of(["mert-v1-95m", own])
    assert {name: embedder.entry["sample_rate"] for name, embedder in plan.embedders.items()} == {
        "mert-v1-95m": 24_000,
        "at16": 16_000,
    }


def test_a_name_of_ones_own_stands_unless_there_are_several_to_tell_apart(plan_of):
    plan = plan_of(
        [
            {"name": "slow", "like": "crepe-tiny", "hop_s": 1},
            {"name": "x", "like": "crepe-tiny", "pooling": ["max", "mean"]},
        ]
    )
    assert list(plan.embedders) == ["slow", "x-max", "x-mean"]


def test_names_of_the_catalogue_may_be_written_with_underscores(plan_of):
    own = """
catalogue: {my_net: {family: clmr, sample_rate: 22050}, my_cut: {family: huggingface, sample_rate: 24000, n_layers: 13,
            layers_of: mert_v1_95m, layers: [2]}}
"""
    items = ["clmr_v2", "mert_v1_95m_0_1_2_3", {"like": "crepe_tiny", "hop": 1}, {"name": "my_own", "like": "clmr_v2"}]
    excluded = [{"embedder": "clmr_v2", "deformation": "D1", "reason": "slow"}]
    plan = plan_of([*items, "my_net", "my_cut"], own, deformations=["D1"], exclude=excluded)
    assert plan.evaluated_embedders == [
        "clmr-v2", "mert-v1-95m-0-1-2-3", "crepe-tiny-hop1s", "my_own", "my_net", "my_cut",
    ]  # fmt: skip
    with pytest.raises(SoundcheckError, match=r"unknown embedder 'clmr_v3' .did you mean 'clmr-v2'"):
        plan_of(["clmr_v3"])


def test_predictions_are_aggregated_where_no_embedder_is_pooled(plan_of):
    plan = plan_of(["crepe-tiny", {"like": "crepe-tiny", "pooling": "max"}], aggregation="prediction")
    assert {name: embedder.entry["pooling"] for name, embedder in plan.embedders.items()} == {
        "crepe-tiny-frames": "none",
        "crepe-tiny-max": "max",
    }


def test_all_layers_are_cut_from_one_pass(plan_of):
    plan = plan_of(["deep-low", {"like": "deep", "layers": [[3], [1, 2]]}], LAYERED)
    cut = {name: embedder.layers for name, embedder in plan.embedders.items() if embedder.is_cut}
    assert cut == {"deep-low": (0, 1), "deep-layers-3": (3,), "deep-layers-1-2": (1, 2)}
    assert {embedder.made_by for embedder in plan.embedders.values()} == {"deep"}
    passes = {embedded.embedder for embedded in plan.splits_embedded if embedded.embedder not in cut}
    assert passes == {"deep"}
    assert [checked.embedder for checked in plan.checked_embedders] == ["deep"]


def test_layers_of_another_hop_need_a_pass_of_their_own_whose_name_does_not_depend_on_their_order(plan_of):
    variants = [{"like": "deep", "hop_s": 1, "layers": [2]}, {"like": "deep", "hop_s": 1, "layers": [3]}]
    names = [{e.made_by for e in plan_of(order, LAYERED).embedders.values()} for order in (variants, variants[::-1])]
    assert names[0] == names[1]
    (name,) = names[0]
    assert name.startswith("deep-")


def test_messages_call_a_pass_by_the_names_of_what_is_cut_from_it(plan_of):
    variant = {"name": "mine", "like": "deep", "hop_s": 1, "layers": [2]}
    plan = plan_of(["deep-low", variant, "crepe-tiny"], LAYERED)
    maker = plan.embedders["mine"].made_by
    assert maker != "mine"
    assert plan.called(maker) == "mine"
    assert plan.called("deep") == "deep-low"
    assert plan_of(["deep", "deep-low"], LAYERED).called("deep") == "deep"
    assert plan.called("crepe-tiny") == "crepe-tiny"


def test_layers_of_the_same_pass_need_its_splits_only_once(plan_of):
    plan = plan_of(["deep", "deep-low"], LAYERED)
    assert {embedded.embedder: splits for embedded, splits in plan.splits_embedded.items()} == {
        "deep": [("instrument_classification", "single")],
        "deep-low": [("instrument_classification", "single")],
    }
    assert list(plan.weights) == ["deep/model.bin"]


def test_a_models_own_weights_take_the_place_of_the_published(plan_of, tmp_path):
    for name in ("ckpt-3.index", "ckpt-3.data-00000-of-00001", "other.index"):
        (tmp_path / name).touch()
    plan = plan_of([{"name": "mine", "like": "deep", "weights": str(tmp_path / "ckpt-3")}], LAYERED)
    embedder = plan.embedders["mine"]
    assert embedder.weights == ()
    assert embedder.entry["weights"] == str(tmp_path / "ckpt-3")
    assert [file.rpartition("/")[2] for file in embedder.files] == ["ckpt-3.data-00000-of-00001", "ckpt-3.index"]


def test_what_is_known_of_published_weights_is_not_said_of_ones_own(plan_of, tmp_path):
    checkpoint = tmp_path / "epoch10.pt"
    checkpoint.touch()
    plan = plan_of(["clmr-v2", {"name": "mine", "like": "clmr-v2", "weights": str(checkpoint)}])
    published, own = (plan.embedders[name].about for name in ("clmr-v2", "mine"))
    assert (own["title"], own["licence_weights"], own["pretrained_on"]) == ("mine", "your own", [])
    assert published["pretrained_on"]
    assert own["licence_code"] == published["licence_code"]


def test_own_models_are_paths(plan_of, tmp_path):
    (tmp_path / "mine.py").touch()
    (tmp_path / "mine.onnx").touch()
    plan = plan_of(
        [
            {"name": "plain", "function": f"{tmp_path}/mine.py:embed_it", "sample_rate": 8000},
            {"name": "net", "onnx": f"{tmp_path}/mine.onnx", "sample_rate": 16000, "window_s": 2},
            {"name": "done", "precomputed": str(tmp_path)},
        ]
    )
    entries = {name: embedder.entry for name, embedder in plan.embedders.items()}
    assert entries["plain"] == {
        "family": "function", "name": "plain", "file": f"{tmp_path}/mine.py", "function": "embed_it",
        "sample_rate": 8000, "longest_s": 30,
    }  # fmt: skip
    assert (entries["net"]["family"], entries["net"]["window_s"], entries["net"]["batch_size"]) == ("onnx_file", 2, 16)
    assert entries["done"]["family"] == "precomputed"
    assert {name: embedder.env for name, embedder in plan.embedders.items()} == {
        "plain": "hear", "net": "onnx", "done": "analysis",
    }  # fmt: skip


def test_an_installed_model_is_a_module_found_without_importing_it(plan_of, tmp_path, monkeypatch):
    (tmp_path / "their_net").mkdir()
    for name in ("__init__", "base", "other"):
        (tmp_path / "their_net" / f"{name}.py").write_text("raise RuntimeError('imported')")
    monkeypatch.chdir(tmp_path)
    embedder = plan_of([{"name": "net", "hear": "their_net.base"}]).embedders["net"]
    assert (embedder.entry["module"], "file" in embedder.entry) == ("their_net.base", False)
    assert embedder.files == tuple(f"their_net/{name}.py" for name in ("__init__", "base", "other"))
    for missing in ("their_net.bass", "their_net.base.more", "no_such_net.base"):
        with pytest.raises(SoundcheckError, match=f"there is no module '{missing}', installed here or in the working"):
            plan_of([{"name": "net", "hear": missing}])
    # What only the environment of its jobs has cannot be looked for.
    assert plan_of([{"name": "net", "hear": "no_such_net.base", "env": "hear"}]).embedders["net"].files == ()


def test_files_of_a_hugging_face_model_lie_below_its_revision(plan_of):
    own = """
catalogue:
  hub: {family: huggingface, sample_rate: 16000, huggingface: {repo: a/b, revision: abc, files: [config.json, x.bin]}}
"""
    plan = plan_of(["hub"], own)
    assert {file.file: file.url for file in plan.weights.values()} == {
        "huggingface/a/b/abc/config.json": "hf://a/b/abc/config.json",
        "huggingface/a/b/abc/x.bin": "hf://a/b/abc/x.bin",
    }


def test_an_embedder_that_was_trained_on_the_dataset_is_noted(plan_of):
    own = "catalogue: {knows: {family: clmr, sample_rate: 22050, pretrained_on: [MagnaTagATune, Synthetic]}}"
    plan = plan_of(["knows", "crepe-tiny"], own)
    (evaluation,) = plan.evaluations
    assert plan.order(evaluation)["seen"] == ["knows"]


@pytest.mark.parametrize(
    "dataset",
    [{"name": "ours", "type": "magnatagatune"}, "mtg_jamendo_top50tags", {"name": "local", "type": "irmas"}],
)
def test_a_dataset_under_a_name_of_ones_own_is_still_the_one_that_was_trained_on(plan_of, dataset):
    own = "catalogue: {knows: {family: clmr, sample_rate: 22050, pretrained_on: [MTG-Jamendo, MagnaTagATune, IRMAS]}}"
    plan = plan_of(["knows", "crepe-tiny"], own, task="autotagging", datasets=[dataset])
    (evaluation,) = plan.evaluations
    assert plan.order(evaluation)["seen"] == ["knows"]


@pytest.mark.parametrize(
    ("embedder", "expected"),
    [
        ({"like": "deep", "layers": [4]}, "deep has layers 0 to 3, not 4"),
        ({"like": "crepe-tiny", "layers": [1]}, "crepe-tiny has a single layer"),
        ({"like": "handcrafted-mfcc", "hop_s": 1}, "has a fixed hop"),
        ({"like": "crepe-tiny", "pooling": "median"}, "pooling"),
        ({"like": "crepe-tiny", "hop_s": 0}, "hop_s"),
        ({"name": "x", "onnx": "no.onnx", "sample_rate": 16000}, "there is no file 'no.onnx'"),
        ({"name": "x", "precomputed": "nowhere"}, "there is no folder 'nowhere'"),
        ({"name": "x", "function": "no.py:f", "hear": "no.py"}, "choose one"),
        ({"name": "x", "like": "deep", "weights": "no.bin"}, "there is no file 'no.bin'"),
        ({"name": "deep", "weights": __file__}, "give it a `name` of its own"),
        ({"name": "crepe-tiny", "hear": __file__}, "is an embedder of the catalogue"),
        ({"name": "x", "function": __file__}, "needs `sample_rate`"),
    ],
)
def test_a_mistake_says_what_is_wrong(plan_of, embedder, expected):
    with pytest.raises(SoundcheckError) as error:
        plan_of([embedder], LAYERED)
    assert expected in str(error.value)


def test_a_row_of_ones_own_cannot_take_a_published_name(plan_of):
    with pytest.raises(SoundcheckError, match="choose another name for yours"):
        plan_of(["crepe-tiny"], "catalogue: {crepe-tiny: {family: clmr, sample_rate: 22050}}")


def test_an_unknown_key_of_a_row_stops_with_the_nearest_one(plan_of):
    with pytest.raises(SoundcheckError, match="did you mean 'family'"):
        plan_of(["x"], "catalogue: {x: {familly: clmr, family: clmr, sample_rate: 22050}}")


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("{family: huggingface, sample_rate: 16000, huggingface: {repo: a/b, files: [x]}}", "'revision' missing"),
        ("{family: huggingface, sample_rate: 16000, huggingface: a/b}", "huggingface"),
        ("{family: essentia, sample_rate: 16000, weights: model.pb}", "weights"),
        ("{family: essentia, sample_rate: 16000, weights: [model.pb]}", "weights"),
        ("{family: essentia, sample_rate: 16000, weights: [{file: a.pb}]}", "'url' missing"),
        ("[essentia]", "catalogue.x"),
    ],
)
def test_a_row_that_cannot_be_read_stops_with_its_place(plan_of, row, expected):
    with pytest.raises(SoundcheckError) as error:
        plan_of(["crepe-tiny"], f"catalogue: {{x: {row}}}")
    assert expected in str(error.value)
    assert "catalogue" in str(error.value)
