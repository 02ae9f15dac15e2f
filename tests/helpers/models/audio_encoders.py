"""Folders as the Hugging Face hub holds audio encoders, with few and random weights, in the form that is published.

Each is a whole model of transformers, such as Whisper with its decoder or CLAP with its text encoder, and the settings
of its feature extractor; both are saved by transformers itself.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch


@dataclass(frozen=True)
class Folder:
    """What a model is made of: the classes of transformers, and the settings that make it small."""

    model: str
    config: str
    extractor: str
    settings: dict
    extractor_settings: dict = field(default_factory=dict)


_SIZE = {"hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4, "intermediate_size": 64}
_SEQUENCE = {
    "d_model": 32,
    "encoder_layers": 3,
    "encoder_attention_heads": 4,
    "encoder_ffn_dim": 64,
    "decoder_layers": 1,
    "decoder_attention_heads": 4,
    "decoder_ffn_dim": 64,
    "vocab_size": 40,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "decoder_start_token_id": 2,
}
_CONVOLUTIONS = {"conv_dim": [16] * 7, "num_conv_pos_embedding_groups": 4, "num_conv_pos_embeddings": 16}
_CONFORMER = {"feature_projection_input_dim": 160, "conv_depthwise_kernel_size": 5}
_CLAP_AUDIO = {
    "patch_embeds_hidden_size": 8,
    "depths": [1, 1, 2, 1],
    "num_attention_heads": [1, 2, 2, 4],
    "hidden_size": 64,
    "projection_dim": 24,
}
_TEXT = _SIZE | {"vocab_size": 40, "max_position_embeddings": 20}
_SEAMLESS = _CONFORMER | {
    "hidden_size": 32,
    "speech_encoder_layers": 2,
    "speech_encoder_attention_heads": 4,
    "speech_encoder_intermediate_size": 64,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "encoder_ffn_dim": 32,
    "decoder_ffn_dim": 32,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "t2u_encoder_layers": 1,
    "t2u_decoder_layers": 1,
    "t2u_encoder_ffn_dim": 32,
    "t2u_decoder_ffn_dim": 32,
    "t2u_encoder_attention_heads": 4,
    "t2u_decoder_attention_heads": 4,
    "vocab_size": 40,
    "t2u_vocab_size": 40,
    "unit_hifi_gan_vocab_size": 40,
    "unit_embed_dim": 8,
    "lang_embed_dim": 8,
    "spkr_embed_dim": 8,
    "upsample_initial_channel": 32,
}
_PARAKEET_ENCODER = _SIZE | {"subsampling_conv_channels": 8, "num_mel_bins": 80, "conv_kernel_size": 5}
_WAVEFORM = {"return_attention_mask": True, "do_normalize": True}

FOLDERS = {
    "audio-spectrogram-transformer": Folder(
        "ASTForAudioClassification", "ASTConfig", "ASTFeatureExtractor", _SIZE | {"num_labels": 5}
    ),
    # It sees 3 s, not the published 30 s, to be fast.
    "whisper": Folder(
        "WhisperForConditionalGeneration",
        "WhisperConfig",
        "WhisperFeatureExtractor",
        _SEQUENCE | {"max_source_positions": 150},
        {"chunk_length": 3},
    ),
    # These see 2 s, not the published 10 s.
    "clap": Folder(
        "ClapModel",
        "ClapConfig",
        "ClapFeatureExtractor",
        {"audio_config": _CLAP_AUDIO, "text_config": _TEXT | {"projection_dim": 24}, "projection_dim": 24},
        {"truncation": "rand_trunc", "frequency_min": 50, "max_length_s": 2},
    ),
    "clap_audio_model": Folder(
        "ClapAudioModelWithProjection",
        "ClapAudioConfig",
        "ClapFeatureExtractor",
        _CLAP_AUDIO | {"enable_fusion": True},
        {"truncation": "fusion", "max_length_s": 2},
    ),
    "wav2vec2-bert": Folder(
        "Wav2Vec2BertModel", "Wav2Vec2BertConfig", "SeamlessM4TFeatureExtractor", _SIZE | _CONFORMER
    ),
    "seamless_m4t": Folder("SeamlessM4TModel", "SeamlessM4TConfig", "SeamlessM4TFeatureExtractor", _SEAMLESS),
    "seamless_m4t_v2": Folder("SeamlessM4Tv2Model", "SeamlessM4Tv2Config", "SeamlessM4TFeatureExtractor", _SEAMLESS),
    "speech_to_text": Folder(
        "Speech2TextForConditionalGeneration",
        "Speech2TextConfig",
        "Speech2TextFeatureExtractor",
        _SEQUENCE | {"conv_channels": 32},
    ),
    "parakeet_encoder": Folder(
        "ParakeetEncoder", "ParakeetEncoderConfig", "ParakeetFeatureExtractor", _PARAKEET_ENCODER
    ),
    "parakeet_ctc": Folder(
        "ParakeetForCTC", "ParakeetCTCConfig", "ParakeetFeatureExtractor", {"encoder_config": _PARAKEET_ENCODER}
    ),
    "lasr_ctc": Folder(
        "LasrForCTC",
        "LasrCTCConfig",
        "LasrFeatureExtractor",
        {"encoder_config": _SIZE | {"subsampling_conv_channels": 8, "num_key_value_heads": 4}},
    ),
    "sew": Folder("SEWForCTC", "SEWConfig", "Wav2Vec2FeatureExtractor", _SIZE | {"vocab_size": 40}, _WAVEFORM),
    "sew-d": Folder("SEWDForCTC", "SEWDConfig", "Wav2Vec2FeatureExtractor", _SIZE | {"vocab_size": 40}, _WAVEFORM),
    "moonshine": Folder(
        "MoonshineForConditionalGeneration",
        "MoonshineConfig",
        "Wav2Vec2FeatureExtractor",
        {
            "hidden_size": 32,
            "intermediate_size": 64,
            "encoder_num_hidden_layers": 2,
            "decoder_num_hidden_layers": 1,
            "encoder_num_attention_heads": 4,
            "decoder_num_attention_heads": 4,
            "vocab_size": 40,
        },
        {"return_attention_mask": True, "do_normalize": False},
    ),
    "speecht5": Folder(
        "SpeechT5ForSpeechToText",
        "SpeechT5Config",
        "SpeechT5FeatureExtractor",
        _CONVOLUTIONS
        | {
            "hidden_size": 32,
            "encoder_layers": 3,
            "encoder_attention_heads": 4,
            "encoder_ffn_dim": 64,
            "decoder_layers": 1,
            "decoder_attention_heads": 4,
            "decoder_ffn_dim": 64,
            "vocab_size": 40,
        },
    ),
    "encodec": Folder(
        "EncodecModel",
        "EncodecConfig",
        "EncodecFeatureExtractor",
        {"num_filters": 4, "hidden_size": 16, "codebook_size": 16},
    ),
    "dac": Folder(
        "DacModel",
        "DacConfig",
        "DacFeatureExtractor",
        {"encoder_hidden_size": 4, "decoder_hidden_size": 32, "codebook_size": 16, "n_codebooks": 2},
        {"sampling_rate": 16000, "hop_length": 512},
    ),
}


def write(
    folder: str | Path, kind: str, extractor: dict | None = None, form: str = "model.safetensors", **changes: Any
) -> torch.nn.Module:
    """Write a folder with a small model of this type; return the whole model, ready to evaluate.

    `changes` are of the model's settings, `extractor` those of its feature extractor; `form` is the name of the file of
    the weights.
    """
    import transformers

    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    small = FOLDERS[kind]
    config = getattr(transformers, small.config)(**(small.settings | changes))
    model = _class(small.model)(config).eval()
    _randomise(model)
    model.save_pretrained(folder)
    if form != "model.safetensors":
        from safetensors.torch import load_file

        torch.save(load_file(Path(folder) / "model.safetensors"), Path(folder) / form)
        (Path(folder) / "model.safetensors").unlink()
    settings = small.extractor_settings | (extractor or {})
    getattr(transformers, small.extractor)(**settings).save_pretrained(folder)
    return model


def _class(name: str) -> Callable:
    import transformers

    return getattr(transformers, name)


@torch.no_grad()
def _randomise(model: torch.nn.Module) -> None:
    """Values of a size with which no layer vanishes; some parameters begin as zeros, in which a mistake would hide."""
    generator = torch.Generator().manual_seed(0)
    for name, parameter in model.named_parameters():
        values = torch.randn(parameter.shape, generator=generator)
        if parameter.dim() < 2:
            centre = 1.0 if "norm" in name.lower() and name.endswith("weight") else 0.0
            parameter.copy_(centre + 0.1 * values)
        elif name.endswith(("original0", "weight_g")):
            parameter.copy_(0.5 + 0.1 * values.abs())
        else:
            parameter.copy_(values / max(1.0, parameter[0].numel()) ** 0.5)
