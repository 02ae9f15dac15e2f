"""MULE, a music embedding by contrastive learning: SF-NFNet-F0 on mel spectrograms of 3 s.

Source: McCallum, Korzeniowski, Oramas, Gouyon, Ehmann, "Supervised and Unsupervised Learning of Audio Representations
for Music Understanding", ISMIR 2022; PandoraMedia/music-audio-representations (code GPL-3.0, weights CC BY-NC 4.0) and
its `mule_embedding_average.yml`, which the front end below follows. The network runs from the published `model.keras`,
with the layers of the package `sxmp-mule`, or from a SavedModel folder, which needs no package.

Where this differs from the published program: stereo is averaged, as there, but mono keeps its level, which there is
halved; a clip too short for one slice, on which it fails, is followed by silence up to 3 s; the slice that it skips
every 80 s, between two of its chunks, is there.
"""

import functools
import importlib
import importlib.util
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from soundcheck.embedding.families import Embedder
from soundcheck.embedding.families.support.tensorflow_runtime import import_tensorflow
from soundcheck.plumbing.errors import SoundcheckError, described
from soundcheck.plumbing.files import file_sha256

SAMPLE_RATE = 16_000
N_FFT = 2048
WINDOW = 400
HOP = 160
BANDS = 96
SLICE = 300  # mel frames of 10 ms
DIMENSION = 1728
# Two tiles of six rows, as oneDNN has them on AVX2: it would sum the rows that are left over in another order.
BATCH_SIZE = 12
LAYERS = ("WeightStandardization", "StochDepth", "ScalarMultiply")
PACKAGE = "sxmp-mule==1.1.2"
# Mel frames made at a time, so that memory stays bounded.
STRETCH = 3000


def load(entry: dict, device: str) -> Embedder:
    """The embedder of an entry with `weights` (`model.keras`, or a SavedModel folder) and `hop_s` between slices.

    Raises:
        SoundcheckError: the weights are not there or no such model, or the package with its layers is not installed.
    """
    weights = Path(entry["weights"])
    hop_s = entry.get("hop_s", 2.0)
    hop = max(1, round(hop_s * SAMPLE_RATE / HOP))
    return Embedder(
        sample_rate=SAMPLE_RATE,
        dimension=DIMENSION,
        cut=functools.partial(slices, hop=hop),
        forward=_network(weights, entry["name"], device),
        batch_size=BATCH_SIZE,
        first_s=_first(hop) * HOP / SAMPLE_RATE,
        window_hop_s=hop * HOP / SAMPLE_RATE,
        facts={"weights": _digest(weights), "short_clips": "followed by silence up to one slice of 3 s"},
    )


# --- the front end --------------------------------------------------------------------------------------------------


def slices(samples: np.ndarray, hop: int) -> list[np.ndarray]:
    """Standardised slices `(96, 300)` of the mel spectrogram, centred on every `hop`-th frame that has room before it.

    As published, the last of them are moved back until they end with the clip, and the clip's first frames are left
    out where the hop leaves room for them.
    """
    shortest = (SLICE - 1) * HOP
    mel = mel_spectrogram(np.pad(samples, (0, max(0, shortest - len(samples)))))
    n_frames = mel.shape[1]
    first = _first(hop)
    centres = (min(centre, n_frames - SLICE // 2) for centre in range(first, max(n_frames, first + 1), hop))
    return [_standardised(mel[:, centre - SLICE // 2 : centre + SLICE // 2]) for centre in dict.fromkeys(centres)]


def _first(hop: int) -> int:
    """The first slice's centre in mel frames: the first multiple of the hop, not 0, with half a slice before it."""
    return hop * -(-SLICE // 2 // hop)


def mel_spectrogram(samples: np.ndarray) -> np.ndarray:
    """Compressed mel bands `(96, 1 + n_samples // 160)` of 16 kHz samples: log10(10000 x + 1) of the power x.

    Periodic Hann windows of 400 samples, centred, the clip mirrored at its ends; HTK mel bands from 0 to 8 kHz, each
    triangle of Euclidean norm 1.
    """
    import librosa

    n_frames = 1 + len(samples) // HOP
    padded = np.pad(samples, N_FFT // 2, mode="reflect")
    mel = np.empty((BANDS, n_frames), np.float32)
    for start in range(0, n_frames, STRETCH):
        stop = min(start + STRETCH, n_frames)
        stretch = padded[start * HOP : (stop - 1) * HOP + N_FFT]
        spectrum = librosa.stft(stretch, n_fft=N_FFT, hop_length=HOP, win_length=WINDOW, window="hann", center=False)
        mel[:, start:stop] = _filters() @ (np.abs(spectrum) ** 2)
    return np.log10(10_000 * mel + 1)


@functools.cache
def _filters() -> np.ndarray:
    import librosa

    return librosa.filters.mel(sr=SAMPLE_RATE, n_fft=N_FFT, n_mels=BANDS, fmin=0.0, fmax=8000.0, htk=True, norm=2.0)


def _standardised(patch: np.ndarray) -> np.ndarray:
    centred = patch - patch.mean()
    return centred / max(centred.std(), np.float32(0.01))


# --- the network ----------------------------------------------------------------------------------------------------


def _network(weights: Path, name: str, device: str) -> Callable[[np.ndarray], np.ndarray]:
    """What maps slices `(batch, 96, 300)` to frames `(batch, 1, 1728)`; tried once, on silence."""
    owner = f"embedder {name}: {weights}"
    _check(weights, owner)
    tensorflow = _tensorflow(owner)
    on_gpu = device == "cuda" and tensorflow.config.list_physical_devices("GPU")
    if on_gpu:
        tensorflow.config.experimental.enable_op_determinism()
    place = "/GPU:0" if on_gpu else "/CPU:0"
    with tensorflow.device(place):
        network = (_saved_model if weights.is_dir() else _keras_model)(weights, tensorflow, owner)

    def forward(batch: np.ndarray) -> np.ndarray:
        with tensorflow.device(place):
            return network(tensorflow.constant(batch[..., None])).numpy()[:, None]

    expected = f"expected {DIMENSION} values for each slice (batch, {BANDS}, {SLICE}, 1)"
    try:
        shape = forward(np.zeros((BATCH_SIZE, BANDS, SLICE), np.float32)).shape
    except Exception as error:
        raise SoundcheckError(f"{owner} is not MULE: {described(error)}; {expected}") from error
    if shape != (BATCH_SIZE, 1, DIMENSION):
        raise SoundcheckError(f"{owner} is not MULE: it returned the shape {(shape[0], *shape[2:])}; {expected}")
    return forward


def _check(weights: Path, owner: str) -> None:
    if not weights.exists():
        raise SoundcheckError(f"{owner} is not there: download it, or name the path of model.keras in `weights`")
    if weights.is_dir():
        if not (weights / "saved_model.pb").is_file():
            raise SoundcheckError(f"{owner} is a folder without saved_model.pb; expected model.keras or a SavedModel")
        return
    with weights.open("rb") as file:
        start = file.read(40)
    if start.startswith(b"version https://git-lfs"):
        raise SoundcheckError(
            f"{owner} is a pointer of Git LFS, {weights.stat().st_size} bytes, not the weights of 251 MB: run "
            "`git lfs pull` in that checkout"
        )
    if not start.startswith(b"PK"):
        raise SoundcheckError(f"{owner} is not a .keras file (a zip archive); expected the published model.keras")


def _tensorflow(owner: str):
    if importlib.util.find_spec("tf_keras"):
        # The published file is of Keras 2, which later versions of TensorFlow have as a package of its own.
        os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
    return import_tensorflow(owner)


def _saved_model(weights: Path, tensorflow, owner: str) -> Callable:
    try:
        saved = tensorflow.saved_model.load(str(weights))
        serve = saved.signatures["serving_default"]
        (given,) = serve.structured_input_signature[1]
    except Exception as error:
        raise SoundcheckError(f"{owner} cannot be loaded as a SavedModel with one input: {described(error)}") from error
    # The signature lives as long as what it was loaded from.
    return lambda batch, saved=saved: next(iter(serve(**{given: batch}).values()))


def _keras_model(weights: Path, tensorflow, owner: str) -> Callable:
    layers = _package_layers(owner)
    try:
        model = tensorflow.keras.models.load_model(str(weights), custom_objects=layers, compile=False)
    except Exception as error:
        advice = (
            "is the file complete, and Keras version 2?"
            if layers
            else f"the layers of MULE come with its package, which is not installed: pip install --no-deps {PACKAGE}"
        )
        raise SoundcheckError(f"{owner} cannot be loaded: {described(error)[:500]}; {advice}") from error
    return tensorflow.function(lambda batch: model(batch, training=False))


def _package_layers(owner: str) -> dict:
    """The custom layers of the package `mule`, whose import also registers its activations; none without it."""
    if importlib.util.find_spec("mule") is None:
        return {}
    try:
        module = importlib.import_module("mule.models.layers")
        return {layer: getattr(module, layer) for layer in LAYERS}
    except Exception as error:
        raise SoundcheckError(
            f"{owner}: the layers of the package {PACKAGE} cannot be imported: {described(error)}"
        ) from error


def _digest(weights: Path) -> str:
    if weights.is_file():
        return f"sha256:{file_sha256(weights)}"
    files = sorted(path for path in weights.rglob("*") if path.is_file())
    return " ".join(f"{path.relative_to(weights)} sha256:{file_sha256(path)}" for path in files)
