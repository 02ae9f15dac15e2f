"""OpenL3 in Essentia, in the way of the script with which its makers accompany the model, for `embedders.py`.

Source: Pablo Alonso-Jimenez, gist.github.com/palonso/cfebe37e5492b5a3a31775d8eae8d9a8: mel patches of one clip by
Essentia's algorithms, a second apart, and the graph in the TensorFlow inside Essentia, at most 60 patches at once.
"""

from collections.abc import Callable

import numpy as np

SAMPLE_RATE, BANDS, FFT, HOP = 48_000, 128, 2048, 242
BATCH = 60


def embed_clip(graph: str) -> Callable[[np.ndarray], np.ndarray]:
    """A function of one clip `(samples,)` at 48 kHz: its embeddings `(n_patches, 512)`."""
    from essentia import Pool, standard

    patch = _mel_patch()
    network = standard.TensorflowPredict(
        graphFilename=graph, inputs=["melspectrogram"], outputs=["embeddings"], squeeze=False
    )
    transposed = standard.TensorTranspose(permutation=[0, 3, 2, 1])
    pool = Pool()

    def embed(clip: np.ndarray) -> np.ndarray:
        seconds = standard.FrameGenerator(clip, frameSize=SAMPLE_RATE, hopSize=SAMPLE_RATE)
        patches = transposed(np.array([patch(second) for second in seconds], np.float32)[:, None])
        embeddings = []
        for start in range(0, len(patches), BATCH):
            pool.set("melspectrogram", patches[start : start + BATCH])
            embeddings.append(network(pool)["embeddings"].reshape(-1, 512))
        return np.concatenate(embeddings)

    return embed


def _mel_patch() -> Callable[[np.ndarray], np.ndarray]:
    """A function of a second of audio: `(199, 128)`, dB below the loudest band."""
    from essentia import standard

    window, spectrum = standard.Windowing(size=FFT, normalized=False), standard.Spectrum(size=FFT)
    bands = standard.MelBands(
        inputSize=FFT // 2 + 1,
        sampleRate=SAMPLE_RATE,
        numberBands=BANDS,
        lowFrequencyBound=0,
        highFrequencyBound=SAMPLE_RATE / 2,
        warpingFormula="slaneyMel",
        weighting="linear",
        normalize="unit_tri",
        type="magnitude",
        log=False,
    )

    def patch(second: np.ndarray) -> np.ndarray:
        frames = standard.FrameGenerator(second, frameSize=FFT, hopSize=HOP, validFrameThresholdRatio=0.5)
        decibels = 10 * np.log10(np.maximum(1e-10, np.array([bands(spectrum(window(frame))) for frame in frames])))
        return np.maximum(decibels, decibels.max() - 80) - decibels.max()

    return patch
