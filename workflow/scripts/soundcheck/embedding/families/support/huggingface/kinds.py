"""The audio encoders of transformers that can be loaded, and the few things in which they differ.

Two groups. Encoders of the waveform (`WAVEFORM_ENCODERS`) see the clip itself. All others (`KINDS`) see what the
feature extractor of transformers makes of it, with the settings that were published beside the model: mostly a
spectrogram, and a padded one where the model was trained so. `Frames` says which of its frames are the clip's own.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

MERT = "mert_model"
# A stack of convolutions over the waveform, then a transformer whose blocks are `encoder.layers`.
WAVEFORM_ENCODERS = (
    "hubert",
    "wav2vec2",
    "wavlm",
    "data2vec-audio",
    "unispeech",
    "unispeech-sat",
    "wav2vec2-conformer",
)
WAVEFORM_EXTRACTOR = "Wav2Vec2FeatureExtractor"


@dataclass(frozen=True)
class Frames:
    """Where a model's frames lie, in samples: what must be there for one, from one to the next, the first's middle.

    The middle is that of what makes the frame, unless it is given.
    """

    seen: int
    stride: int
    middle: float | None = None

    @classmethod
    def of_convolutions(cls, kernels: list[int], strides: list[int]) -> "Frames":
        """Those of a stack without padding, from the waveform upwards; a spectrogram and patches of it are one, too."""
        seen, stride = 1, 1
        for kernel, step in zip(kernels, strides, strict=True):
            seen += (kernel - 1) * stride
            stride *= step
        return cls(seen, stride)

    def count(self, n_samples: int) -> int:
        """How many frames are a clip's own, and not of the padding behind it; one at least."""
        return max(1, (n_samples - self.seen) // self.stride + 1)

    def first_s(self, step: int, rate: int) -> float:
        """The middle (s) of the first frame, or of the mean of the frames in the first `step` samples."""
        middle = self.seen / 2 if self.middle is None else self.middle
        return (middle + (step - self.stride) / 2) / rate


@dataclass(frozen=True)
class Kind:
    """A type of model: what transformers calls its parts, and what its frames are.

    - `encoder`, `extractor`: the classes of the model and of its features. `settings`: the part of `config.json` that
      describes the encoder; `inside`: a pattern of what precedes the names of its weights in a checkpoint of the whole
      model; `part`: the module that is run, where it is not all of what is loaded.
    - `blocks`: the place of its blocks, none for a network of convolutions, whose output is its one layer.
      `ends_in_blocks`: the last layer is what leaves the last block, since what follows has another rate or width.
    - `frames(config, extractor)`: its frames. `window(config, extractor)`: the samples that it sees at most.
      `shortest`: those that its extractor cannot do without, where these are not those of one frame; shorter clips are
      followed by zeros. `shape(config)`: the features that it takes, None for any number.
    - `special`: tokens that precede those of the signal; `bands(config)`: how many of these share a frame, all frames
      of one band before those of the next.
    - `vectors`: for a model without frames, what it has for a whole window, by name, with the setting that is its size;
      first its published embedding. `vectors_of(model, inputs)` returns them.
    - `unfit(config)`: why a model of this type cannot be used.
    """

    encoder: str
    extractor: str
    frames: Callable[[Any, Any], Frames]
    settings: str = ""
    inside: str = ""
    part: str = ""
    blocks: str = "layers"
    ends_in_blocks: bool = False
    window: Callable[[Any, Any], int] | None = None
    shortest: int = 0
    shape: Callable[[Any], tuple[int | None, ...]] | None = None
    special: tuple[str, ...] = ()
    bands: Callable[[Any], int] = lambda config: 1
    vectors: dict[str, str] = field(default_factory=dict)
    vectors_of: Callable[[Any, dict], dict] | None = None
    unfit: Callable[[Any], str] = lambda config: ""


# Kaldi's frames, whose length the extractors of transformers do not let be changed.
_KALDI_FRAME, _KALDI_HOP = 400, 160


def _clap_vectors(model: Any, inputs: dict) -> dict:
    """Of a window `(batch, dim)`: `projected` is what `ClapModel.get_audio_features` returns, `pooled` the mean
    over time and frequency below it."""
    from torch.nn import functional

    pooled = model.audio_model(**inputs).pooler_output
    return {"projected": functional.normalize(model.audio_projection(pooled), dim=-1), "pooled": pooled}


# Gong, Chung, Glass, "AST: Audio Spectrogram Transformer", Interspeech 2021. Only patches that lie inside of the clip
# count, as whole frames do elsewhere.
_AST = Kind(
    encoder="ASTModel",
    extractor="ASTFeatureExtractor",
    frames=lambda config, _: Frames.of_convolutions(
        [_KALDI_FRAME, config.patch_size], [_KALDI_HOP, config.time_stride]
    ),
    window=lambda config, _: _KALDI_FRAME + (config.max_length - 1) * _KALDI_HOP,
    shortest=_KALDI_FRAME,
    shape=lambda config: (config.max_length, config.num_mel_bins),
    special=("cls", "distillation"),
    bands=lambda config: (config.num_mel_bins - config.patch_size) // config.frequency_stride + 1,
)
# Radford et al., "Robust Speech Recognition via Large-Scale Weak Supervision", 2022. Frames that begin inside of the
# clip count, as in the attention mask of its extractor; each is centred where it begins.
_WHISPER = Kind(
    encoder="WhisperEncoder",
    extractor="WhisperFeatureExtractor",
    inside=r"(model\.)?encoder\.",
    frames=lambda _, extractor: Frames(1, 2 * extractor.hop_length, 0),
    window=lambda _, extractor: extractor.n_samples,
    shape=lambda config: (config.num_mel_bins, 2 * config.max_source_positions),
)
# Wu et al., "Large-Scale Contrastive Language-Audio Pretraining with Feature Fusion and Keyword-to-Caption
# Augmentation", ICASSP 2023. The four stages of its Swin transformer have different sizes, and so no axis of layers.
_CLAP = Kind(
    encoder="ClapAudioModelWithProjection",
    extractor="ClapFeatureExtractor",
    settings="audio_config",
    frames=lambda _, extractor: Frames(1, extractor.nb_max_samples),
    window=lambda _, extractor: extractor.nb_max_samples,
    shape=lambda config: (4 if config.enable_fusion else 1, None, config.num_mel_bins),
    blocks="",
    vectors={"projected": "projection_dim", "pooled": "hidden_size"},
    vectors_of=_clap_vectors,
)
# Seamless Communication et al., "Seamless: Multilingual Expressive and Streaming Speech Translation", 2023. Two frames
# of the spectrogram are one of the model.
_CONFORMER = Kind(
    encoder="Wav2Vec2BertModel",
    extractor="SeamlessM4TFeatureExtractor",
    inside=r"wav2vec2_bert\.",
    blocks="encoder.layers",
    ends_in_blocks=True,
    frames=lambda _, extractor: Frames.of_convolutions(
        [_KALDI_FRAME, extractor.stride], [_KALDI_HOP, extractor.stride]
    ),
    shape=lambda config: (None, config.feature_projection_input_dim),
)
_SEAMLESS = dataclasses.replace(_CONFORMER, encoder="SeamlessM4TSpeechEncoder", inside=r"speech_encoder\.")
# Bands are divided by their deviation, which takes two frames.
_SPEECH_TO_TEXT = Kind(
    encoder="Speech2TextEncoder",
    extractor="Speech2TextFeatureExtractor",
    inside=r"(model\.)?encoder\.",
    frames=lambda config, _: Frames(_KALDI_FRAME, _KALDI_HOP * 2**config.num_conv_layers),
    shortest=_KALDI_FRAME + _KALDI_HOP,
    shape=lambda config: (None, config.input_feat_per_channel * config.input_channels),
)
# Rekesh et al., "Fast Conformer with Linearly Scalable Attention for Efficient Speech Recognition", ASRU 2023. Bands
# are divided by their deviation, which takes two frames.
_PARAKEET = Kind(
    encoder="ParakeetEncoder",
    extractor="ParakeetFeatureExtractor",
    settings="encoder_config",
    inside=r"encoder\.",
    frames=lambda config, extractor: Frames(extractor.hop_length, extractor.hop_length * config.subsampling_factor, 0),
    shortest=320,
    shape=lambda config: (None, config.num_mel_bins),
)
_LASR = Kind(
    encoder="LasrEncoder",
    extractor="LasrFeatureExtractor",
    settings="encoder_config",
    inside=r"encoder\.",
    frames=lambda config, extractor: Frames.of_convolutions(
        [extractor.win_length, config.subsampling_conv_kernel_size, config.subsampling_conv_kernel_size],
        [extractor.hop_length, config.subsampling_conv_stride, config.subsampling_conv_stride],
    ),
    shape=lambda config: (None, config.num_mel_bins),
)
# Wu et al., "Performance-Efficiency Trade-offs in Unsupervised Pre-training for Speech Recognition", ICASSP 2022. Its
# blocks see one frame in the place of several, which are made of its last one again.
_SEW = Kind(
    encoder="SEWModel",
    extractor=WAVEFORM_EXTRACTOR,
    inside=r"sew\.",
    blocks="encoder.layers",
    ends_in_blocks=True,
    frames=lambda config, _: Frames.of_convolutions(
        [*config.conv_kernel, config.squeeze_factor], [*config.conv_stride, config.squeeze_factor]
    ),
)
# Jeffries et al., "Moonshine: Speech Recognition for Live Transcription and Voice Commands", 2024: its convolutions are
# written into the code of transformers.
_MOONSHINE = Kind(
    encoder="MoonshineEncoder",
    extractor=WAVEFORM_EXTRACTOR,
    inside=r"(model\.)?encoder\.",
    frames=lambda *_: Frames.of_convolutions([127, 7, 3], [64, 3, 2]),
)
_SPEECHT5 = Kind(
    encoder="SpeechT5EncoderWithSpeechPrenet",
    extractor="SpeechT5FeatureExtractor",
    inside=r"(speecht5\.)?encoder\.",
    blocks="wrapped_encoder.layers",
    frames=lambda config, _: Frames.of_convolutions(config.conv_kernel, config.conv_stride),
)
# The encoders of codecs, before quantisation. Défossez et al., "High Fidelity Neural Audio Compression", 2022; Kumar et
# al., "High-Fidelity Audio Compression with Improved RVQGAN", NeurIPS 2023.
_ENCODEC = Kind(
    encoder="EncodecModel",
    extractor="EncodecFeatureExtractor",
    part="encoder",
    blocks="",
    frames=lambda config, _: Frames(1, config.hop_length, config.hop_length / 2),
    unfit=lambda config: "it takes two channels" if config.audio_channels != 1 else "",
)
_DAC = dataclasses.replace(_ENCODEC, encoder="DacModel", extractor="DacFeatureExtractor", unfit=lambda config: "")

KINDS = {
    "audio-spectrogram-transformer": _AST,
    "whisper": _WHISPER,
    "clap": _CLAP,
    "clap_audio_model": _CLAP,
    "wav2vec2-bert": _CONFORMER,
    "seamless_m4t": _SEAMLESS,
    "seamless_m4t_v2": dataclasses.replace(_SEAMLESS, encoder="SeamlessM4Tv2SpeechEncoder"),
    "speech_to_text": _SPEECH_TO_TEXT,
    "parakeet_encoder": _PARAKEET,
    "parakeet_ctc": _PARAKEET,
    "parakeet_rnnt": _PARAKEET,
    "parakeet_tdt": _PARAKEET,
    "lasr_encoder": _LASR,
    "lasr_ctc": _LASR,
    "sew": _SEW,
    "sew-d": dataclasses.replace(_SEW, encoder="SEWDModel", inside=r"sew_d\.", blocks="encoder.encoder.layer"),
    "moonshine": _MOONSHINE,
    "speecht5": _SPEECHT5,
    "encodec": _ENCODEC,
    "dac": _DAC,
}
SUPPORTED = f"supported are {MERT}, {', '.join((*WAVEFORM_ENCODERS, *KINDS))}"
