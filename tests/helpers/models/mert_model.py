"""Folders as the Hugging Face hub holds MERT-v1: the published settings, names and forms, with random weights."""

import json
import math
from pathlib import Path

import torch

# The fields of the published config.json of MERT-v1-95M.
PUBLISHED = {
    "_name_or_path": "m-a-p/MERT-v1-95M",
    "activation_dropout": 0.0,
    "apply_spec_augment": True,
    "architectures": ["MERTModel"],
    "attention_dropout": 0.1,
    "attention_relax": -1.0,
    "auto_map": {"AutoConfig": "configuration_MERT.MERTConfig", "AutoModel": "modeling_MERT.MERTModel"},
    "bos_token_id": 1,
    "classifier_proj_size": 256,
    "conv_bias": False,
    "conv_dim": [512] * 7,
    "conv_kernel": [10, 3, 3, 3, 3, 2, 2],
    "conv_stride": [5, 2, 2, 2, 2, 2, 2],
    "ctc_loss_reduction": "sum",
    "ctc_zero_infinity": False,
    "deepnorm": False,
    "do_stable_layer_norm": False,
    "eos_token_id": 2,
    "feat_extract_activation": "gelu",
    "feat_extract_dropout": 0.0,
    "feat_extract_norm": "group",
    "feat_proj_dropout": 0.1,
    "feat_proj_layer_norm": True,
    "feature_extractor_cqt": False,
    "feature_extractor_cqt_bins": 336,
    "final_dropout": 0.1,
    "gradient_checkpointing": False,
    "hidden_act": "gelu",
    "hidden_dropout": 0.1,
    "hidden_size": 768,
    "initializer_range": 0.02,
    "intermediate_size": 3072,
    "layer_norm_eps": 1e-05,
    "layerdrop": 0.1,
    "mask_channel_length": 10,
    "mask_channel_min_space": 1,
    "mask_channel_other": 0.0,
    "mask_channel_prob": 0.0,
    "mask_feature_prob": 0.0,
    "mask_time_prob": 0.05,
    "model_type": "mert_model",
    "num_attention_heads": 12,
    "num_conv_pos_embedding_groups": 16,
    "num_conv_pos_embeddings": 128,
    "num_feat_extract_layers": 7,
    "num_hidden_layers": 12,
    "sample_rate": 24000,
    "torch_dtype": "float32",
    "transformers_version": "4.24.0",
    "vocab_size": 32,
}
# What is different in MERT-v1-330M. `attention_relax` has no effect without `deepnorm`.
LARGE = {
    "_name_or_path": "m-a-p/MERT-v1-330M",
    "attention_relax": 32.0,
    "do_stable_layer_norm": True,
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_attention_heads": 16,
    "num_hidden_layers": 24,
}
SMALL = {"conv_dim": [16] * 7, "hidden_size": 32, "intermediate_size": 64, "num_attention_heads": 4}
PREPROCESSOR = {
    "do_normalize": True,
    "feature_extractor_type": "Wav2Vec2FeatureExtractor",
    "feature_size": 1,
    "padding_side": "right",
    "padding_value": 0,
    "return_attention_mask": True,
    "sampling_rate": 24000,
}


def config(size: str = "95M", **changes) -> dict:
    """The settings of MERT-v1 `95M` or `330M`, with these changes."""
    return PUBLISHED | (LARGE if size == "330M" else {}) | changes


def shapes(config: dict) -> dict[str, tuple[int, ...]]:
    """The names of the published checkpoint, with the shapes that its settings ask for."""
    width, inner = config["hidden_size"], config["intermediate_size"]
    channels, kernels = config["conv_dim"], config["conv_kernel"]
    found: dict[str, tuple[int, ...]] = {"masked_spec_embed": (width,)}
    for i, (inputs, outputs, kernel) in enumerate(zip([1, *channels[:-1]], channels, kernels, strict=True)):
        layer = f"feature_extractor.conv_layers.{i}"
        found[f"{layer}.conv.weight"] = (outputs, inputs, kernel)
        if config["conv_bias"]:
            found[f"{layer}.conv.bias"] = (outputs,)
        if i == 0 or config["feat_extract_norm"] == "layer":
            found |= _norm(f"{layer}.layer_norm", outputs)
    found |= _norm("feature_projection.layer_norm", channels[-1])
    found |= _linear("feature_projection.projection", channels[-1], width)
    taps, groups = config["num_conv_pos_embeddings"], config["num_conv_pos_embedding_groups"]
    found["encoder.pos_conv_embed.conv.bias"] = (width,)
    found["encoder.pos_conv_embed.conv.weight_g"] = (1, 1, taps)
    found["encoder.pos_conv_embed.conv.weight_v"] = (width, width // groups, taps)
    found |= _norm("encoder.layer_norm", width)
    for i in range(config["num_hidden_layers"]):
        block = f"encoder.layers.{i}"
        for name in ("k_proj", "v_proj", "q_proj", "out_proj"):
            found |= _linear(f"{block}.attention.{name}", width, width)
        found |= _norm(f"{block}.layer_norm", width)
        found |= _linear(f"{block}.feed_forward.intermediate_dense", width, inner)
        found |= _linear(f"{block}.feed_forward.output_dense", inner, width)
        found |= _norm(f"{block}.final_layer_norm", width)
    return found


def _norm(name: str, width: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (width,), f"{name}.bias": (width,)}


def _linear(name: str, inputs: int, outputs: int) -> dict[str, tuple[int, ...]]:
    return {f"{name}.weight": (outputs, inputs), f"{name}.bias": (outputs,)}


def weights(config: dict, seed: int = 0) -> dict[str, torch.Tensor]:
    """Random weights under the published names, scaled so that no layer's output vanishes or explodes."""
    generator = torch.Generator().manual_seed(seed)
    return {name: _random(name, shape, generator) for name, shape in shapes(config).items()}


def _random(name: str, shape: tuple[int, ...], generator: torch.Generator) -> torch.Tensor:
    values = torch.randn(shape, generator=generator)
    if name.endswith("weight_g"):
        return 0.3 + 0.1 * values.abs()
    if "layer_norm.weight" in name:
        return 1 + 0.1 * values
    return values * (0.1 if len(shape) == 1 else 1 / math.sqrt(math.prod(shape[1:])))


def write(
    folder: str | Path, size: str = "95M", form: str = "pytorch_model.bin", seed: int = 0, **changes
) -> dict[str, torch.Tensor]:
    """Write a folder with a small model that is built like MERT-v1 `95M` or `330M`; return its weights.

    `form` is the name of the file of the weights; `changes` are of its settings, such as `hidden_size`.
    """
    settings = config(size, **(SMALL | changes))
    state = weights(settings, seed)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(settings, indent=2))
    (folder / "preprocessor_config.json").write_text(json.dumps(PREPROCESSOR, indent=2))
    save(state, folder / form)
    return state


def save(state: dict[str, torch.Tensor], path: Path) -> None:
    """Write weights to a file in the form that its name says."""
    if path.suffix == ".safetensors":
        from safetensors.torch import save_file

        save_file(state, path, metadata={"format": "pt"})
    else:
        torch.save(state, path)
