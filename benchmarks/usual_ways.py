"""How those who published a model run it on one clip, for `embedders.py`."""

from collections.abc import Callable
from pathlib import Path


def usual_way(entry: dict, embedder) -> Callable | None:
    """A function of one clip `(samples,)`, or None where the usual way is this repository's."""
    return {
        "crepe": crepe_convolutions,
        "clmr": clmr_convolutions,
        "neuralfp": neuralfp_convolutions,
        "huggingface": model_card,
    }.get(entry["family"], lambda *_: None)(entry, embedder)


def composite_algorithm(entry: dict) -> tuple[Callable, int]:
    """A function of one clip, and the clip's rate in Hz.

    The algorithm has its defaults, but that the end of a clip is repeated, or 2 s would give some models no patch.
    """
    import essentia.standard

    algorithm = getattr(essentia.standard, entry["algorithm"])
    composite = algorithm(graphFilename=entry["weights"], output=entry["output"], lastPatchMode="repeat")
    return composite, 16_000


def openl3_script(entry: dict) -> tuple[Callable, int]:
    """That of `essentia_openl3`."""
    import essentia_openl3

    return essentia_openl3.embed_clip(entry["weights"]), essentia_openl3.SAMPLE_RATE


def crepe_convolutions(entry: dict, embedder) -> Callable:
    """The network before its convolutions go to the frequency domain."""
    from soundcheck.embedding.families import crepe

    return _on_windows(crepe._pretrained(entry["capacity"], None)[0].eval(), embedder)


def clmr_convolutions(entry: dict, embedder) -> Callable:
    """SampleCNN as published."""
    from models import clmr_model

    from soundcheck.embedding.families.support import sample_cnn

    network = sample_cnn.SampleCNN()
    network.load_state_dict(clmr_model.encoder())
    return _on_windows(network.eval(), embedder)


def neuralfp_convolutions(entry: dict, embedder) -> Callable:
    """The convolutions and normalisations of NeuralFP, which are all but 0.1 % of its work."""
    import torch
    from models import neuralfp_model
    from torch.nn import functional

    values = {name: torch.from_numpy(value) for name, value in neuralfp_model.variables().items()}

    def network(x: torch.Tensor) -> torch.Tensor:
        x = x[:, None]
        for layer, stride in enumerate(neuralfp_model.STRIDES):
            for taps, strides in (("1x3", (1, stride)), ("3x1", (2, 1))):
                place = f"model/front_conv/layer_with_weights-{layer}"
                kernel = values[f"{place}/conv2d_{taps}/kernel"].permute(3, 2, 0, 1)
                padded = functional.pad(x, [*_same(x, kernel, strides, 3), *_same(x, kernel, strides, 2)])
                x = functional.conv2d(padded, kernel, values[f"{place}/conv2d_{taps}/bias"], strides)
                gamma, beta = (
                    values[f"{place}/BN_{taps}/{which}"].permute(2, 0, 1).contiguous() for which in ("gamma", "beta")
                )
                x = functional.layer_norm(functional.elu(x), gamma.shape, gamma, beta, 1e-3)
        return x

    return _on_windows(network, embedder)


def _same(x, kernel, strides: tuple[int, int], axis: int) -> tuple[int, int]:
    """TensorFlow's padding before and behind."""
    length, size, stride = x.shape[axis], kernel.shape[axis], strides[axis - 2]
    total = max(0, (-(-length // stride) - 1) * stride + size - length)
    return total // 2, total - total // 2


def model_card(entry: dict, embedder) -> Callable:
    """Every hidden state of a clip, and their mean over time."""
    import torch
    from transformers import Wav2Vec2FeatureExtractor

    from soundcheck.embedding.families.support.huggingface import folder

    model = folder.load(Path(entry["weights"]), entry["name"], False).model
    extractor = Wav2Vec2FeatureExtractor.from_pretrained(entry["weights"])

    @torch.inference_mode()
    def call(clip):
        inputs = extractor(clip, sampling_rate=embedder.sample_rate, return_tensors="pt")
        return torch.stack(model(**inputs, output_hidden_states=True).hidden_states).mean(dim=2)

    return call


def _on_windows(network: Callable, embedder) -> Callable:
    import numpy as np
    import torch

    @torch.inference_mode()
    def call(clip):
        return network(torch.from_numpy(np.array(embedder.cut(clip)))).mean(0)

    return call
