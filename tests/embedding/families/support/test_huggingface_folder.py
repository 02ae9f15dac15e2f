"""Folders of the Hugging Face hub: which encoders they may hold, how weights are read, what cannot be used."""

import json
import math

import numpy as np
import pytest
import torch
from encoders import edit, embedded, load, noise
from models import mert_model

from soundcheck.embedding.families.support.huggingface import kinds
from soundcheck.plumbing.errors import SoundcheckError

REMOTE = """
from transformers import HubertConfig, HubertModel
from transformers.modeling_outputs import BaseModelOutput


class OwnConfig(HubertConfig):
    model_type = "own_encoder"


class OwnModel(HubertModel):
    config_class = OwnConfig

    def forward(self, input_values, **unused):
        features = self.feature_extractor(input_values).transpose(1, 2)
        states = self.encoder(self.feature_projection(features)).last_hidden_state
        return BaseModelOutput(last_hidden_state=states)
"""


def write_other(folder, kind, head="", **changes):
    """A small model of a type that transformers knows, random, as it saves it; with a head above it or without."""
    import transformers

    settings = dict(mert_model.SMALL, num_hidden_layers=2, num_conv_pos_embedding_groups=4) | changes
    config = transformers.CONFIG_MAPPING[kind](**settings)
    bare = transformers.MODEL_MAPPING[type(config)]
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = getattr(transformers, bare.__name__.removesuffix("Model") + head)(config) if head else bare(config)
    model.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text(json.dumps(mert_model.PREPROCESSOR | {"sampling_rate": 16_000}))
    return bare.from_pretrained(folder).eval()


def assert_gives_the_hidden_states(embedder, model):
    window = embedder.cut(noise(4000))[0]
    with torch.inference_mode():
        output = model(torch.from_numpy(window)[None], output_hidden_states=True)
    expected = torch.cat([*output.hidden_states[:-1], output.last_hidden_state], dim=2).numpy()
    np.testing.assert_allclose(embedder.forward(window[None]), expected, atol=1e-5)


def test_the_full_model_has_the_published_number_of_weights_under_the_names_of_hubert():
    transformers = pytest.importorskip("transformers")
    for size, counts in (("95M", (211, 94_371_712)), ("330M", (403, 315_428_992))):
        config = mert_model.config(size)
        shapes = mert_model.shapes(config)
        assert (len(shapes), sum(map(math.prod, shapes.values()))) == counts
        with torch.device("meta"):
            model = transformers.HubertModel(transformers.HubertConfig.from_dict(config))
        renamed = {"original0": "weight_g", "original1": "weight_v"}
        found = {}
        for key, value in model.state_dict().items():
            *module, last = key.replace("parametrizations.weight.", "").split(".")
            found[".".join([*module, renamed.get(last, last)])] = tuple(value.shape)
        assert found == shapes


@pytest.mark.parametrize("kind", kinds.WAVEFORM_ENCODERS)
def test_other_encoders_of_the_waveform_give_their_hidden_states(tmp_path, kind):
    model = write_other(tmp_path, kind)
    embedder = load(tmp_path)
    assert (embedder.sample_rate, embedder.n_layers) == (16_000, 3)
    assert_gives_the_hidden_states(embedder, model)


def test_a_head_above_the_encoder_is_left_out_and_named(tmp_path):
    model = write_other(tmp_path, "hubert", head="ForCTC")
    embedder = load(tmp_path)
    assert embedder.facts["unused_weights"] == ["lm_head.bias", "lm_head.weight"]
    assert_gives_the_hidden_states(embedder, model)


def test_weights_in_several_files_are_read_together(tmp_path):
    model = write_other(tmp_path, "wav2vec2")
    model.save_pretrained(tmp_path, max_shard_size="40KB")
    (tmp_path / "model.safetensors").unlink()
    assert len(list(tmp_path.glob("model-*.safetensors"))) > 1
    assert_gives_the_hidden_states(load(tmp_path), model)


def test_remote_code_runs_when_it_is_trusted_by_name_and_gives_all_layers(tmp_path, monkeypatch):
    pytest.importorskip("transformers")
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "cache"))
    model = tmp_path / "model"
    mert_model.write(model)
    clip = noise(4000)
    expected = embedded(load(model), clip)
    auto_map = {"AutoConfig": "own.OwnConfig", "AutoModel": "own.OwnModel"}
    edit(model / "config.json", model_type="own_encoder", auto_map=auto_map, architectures=["OwnModel"])
    (model / "own.py").write_text(REMOTE)
    with pytest.raises(SoundcheckError, match=r"embedder mine: a model of type own_encoder .*trust_remote_code: true"):
        load(model)
    embedder = load(model, trust_remote_code=True)
    assert embedder.facts["remote_code"]
    np.testing.assert_allclose(embedded(embedder, clip), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("kind", "auto_map", "code", "message"),
    [
        ("own_encoder", {"AutoModel": "own.OwnModel"}, None, r"names code in own\.py, which is not in .*HEAR API"),
        ("own_encoder", {"AutoModel": "a/b--own.OwnModel"}, "", r"names code in own\.py, which is not in .*HEAR API"),
        ("own_encoder", {"AutoConfig": "own.OwnConfig", "AutoModel": "own.OwnModel"}, "import torch_of_yore",
         r"code that comes with the model in .* does not run in transformers [\d.]+ .*not supported; write a file of"),
    ],
)  # fmt: skip
def test_remote_code_that_is_absent_or_of_another_time_is_not_blamed_on_the_weights(
    tmp_path, monkeypatch, kind, auto_map, code, message
):
    pytest.importorskip("transformers")
    monkeypatch.setattr("transformers.dynamic_module_utils.HF_MODULES_CACHE", str(tmp_path / "cache"))
    mert_model.write(tmp_path)
    edit(tmp_path / "config.json", model_type=kind, auto_map=auto_map)
    if code is not None:
        (tmp_path / "own.py").write_text(code)
    with pytest.raises(SoundcheckError, match=f"^embedder mine: .*{message}") as raised:
        load(tmp_path, trust_remote_code=True)
    assert "damaged" not in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("kind", ["mert_model", "dasheng", "audio-spectrogram-transformer"])
def test_an_extractor_that_transformers_does_not_have_is_not_blamed_on_the_files(tmp_path, kind):
    mert_model.write(tmp_path)
    auto_map = {"AutoModel": "own.OwnModel"} if kind == "dasheng" else {}
    edit(tmp_path / "config.json", model_type=kind, **({"auto_map": auto_map} if auto_map else {}))
    (tmp_path / "own.py").touch()
    edit(tmp_path / "preprocessor_config.json", feature_extractor_type="DashengFeatureExtractor")
    with pytest.raises(SoundcheckError, match=r"extractor of its own, DashengFeatureExtractor, .*not supported; write"):
        load(tmp_path, trust_remote_code=True)


def cut_in_half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def rewrite(folder, form="pytorch_model.bin", without=(), reshape=(), **more):
    state = mert_model.weights(mert_model.config(**mert_model.SMALL))
    state = {key: value for key, value in state.items() if key not in without} | more
    mert_model.save(state | {key: state[key][:3].clone() for key in reshape}, folder / form)


FAULTS = {
    "no config": (lambda f: (f / "config.json").unlink(), r"there is no config\.json in"),
    "no preprocessor": (lambda f: (f / "preprocessor_config.json").unlink(), r"there is no preprocessor_config\.json"),
    "no weights": (
        lambda f: (f / "pytorch_model.bin").unlink(),
        r"no weights in .*; expected model\.safetensors or pytorch_model\.bin",
    ),
    "HTML": (lambda f: (f / "config.json").write_text("<html>"), r"config\.json is not JSON .*download it again"),
    "no mapping": (lambda f: (f / "config.json").write_text("[]"), r"config\.json holds a list"),
    "truncated": (
        lambda f: cut_in_half(f / "pytorch_model.bin"),
        r"pytorch_model\.bin \(\d+ bytes\) cannot be loaded .*download it again",
    ),
    "truncated safetensors": (
        lambda f: (rewrite(f, "model.safetensors"), cut_in_half(f / "model.safetensors")),
        r"model\.safetensors \(\d+ bytes\) cannot be loaded .*SafetensorError",
    ),
    "not weights": (
        lambda f: (f / "pytorch_model.bin").write_text("<html>not found</html>"),
        r"pytorch_model\.bin \(22 bytes\) cannot be loaded",
    ),
    "missing key": (
        lambda f: rewrite(f, without=["encoder.layers.7.layer_norm.bias"]),
        r"lacks encoder\.layers\.7\.layer_norm\.bias",
    ),
    "missing positions": (
        lambda f: rewrite(f, without=["encoder.pos_conv_embed.conv.weight_g"]),
        r"lacks encoder\.pos_conv_embed",
    ),
    "extra key": (
        lambda f: rewrite(f, **{"encoder.layers.12.layer_norm.bias": torch.zeros(32)}),
        r"has besides encoder\.layers\.12\.layer_norm\.bias",
    ),
    "other shape": (
        lambda f: rewrite(f, reshape=["encoder.layer_norm.bias"]),
        r"has in another shape encoder\.layer_norm\.bias",
    ),
    "smaller than it says": (lambda f: edit(f / "config.json", num_hidden_layers=13), r"lacks .* and 13 more"),
    "larger than it says": (lambda f: edit(f / "config.json", num_hidden_layers=11), r"has besides .* and 13 more"),
    "a shard missing": (
        lambda f: (f / "model.safetensors.index.json").write_text('{"weight_map": {"a": "model-1.safetensors"}}'),
        r"index\.json names model-1\.safetensors, which is not in",
    ),
    "spectrograms": (
        lambda f: edit(f / "preprocessor_config.json", feature_extractor_type="ASTFeatureExtractor"),
        r"asks for ASTFeatureExtractor, but config\.json .* of type mert_model, which takes what Wav2Vec2Feature",
    ),
    "unknown type": (
        lambda f: (f / "config.json").write_text('{"model_type": "bert"}'),
        "describes a model of type bert; supported are mert_model, hubert, .* HEAR API",
    ),
    "rate of no sense": (
        lambda f: edit(f / "preprocessor_config.json", sampling_rate="24k"),
        r"sampling_rate '24k'; expected a number of Hz",
    ),
    "beyond HuBERT": (
        lambda f: edit(f / "config.json", feature_extractor_cqt=True),
        r"mert_model with feature_extractor_cqt runs only with the Python code .*trust_remote_code: true",
    ),
    "settings of no sense": (
        lambda f: edit(f / "config.json", feat_extract_norm="none"),
        "cannot be loaded as the model of config",
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_folder_that_cannot_be_used_is_explained_in_one_line(tmp_path, fault):
    mert_model.write(tmp_path)
    damage, message = FAULTS[fault]
    damage(tmp_path)
    with pytest.raises(SoundcheckError, match=f"^embedder mine: .*{message}") as raised:
        load(tmp_path)
    assert "\n" not in str(raised.value)
    assert str(tmp_path) in str(raised.value)


def test_an_absent_folder_is_explained(tmp_path):
    with pytest.raises(SoundcheckError, match=r"^embedder mine: there is no folder .*absent; expected one with config"):
        load(tmp_path / "absent")


def test_weights_that_only_training_reads_may_be_absent(tmp_path):
    mert_model.write(tmp_path)
    clip = noise(4000)
    expected = embedded(load(tmp_path), clip)
    rewrite(tmp_path, without=["masked_spec_embed"])
    np.testing.assert_array_equal(embedded(load(tmp_path), clip), expected)
