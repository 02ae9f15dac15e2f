"""OpenL3: the front end of its definition, the network as TensorFlow runs it, and why it does not mind the gain."""

import librosa
import numpy as np
import pytest
from models import openl3_model
from models.processes import run_in
from rounding import assert_same_to_rounding
from whole_clips import embed

from soundcheck.embedding.families import openl3
from soundcheck.plumbing.errors import SoundcheckError

RATE = 48_000


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """The small graph, as a file of the published name."""
    path = tmp_path_factory.mktemp("openl3") / openl3_model.FILE
    openl3_model.write(path)
    return path


@pytest.fixture(scope="module")
def weights_of_256_bands(tmp_path_factory):
    path = tmp_path_factory.mktemp("openl3") / "openl3-env-mel256-emb6144-3.pb"
    openl3_model.write(path, bands=256)
    return path


def load(weights, **more):
    return openl3.load({"name": "openl3", "weights": str(weights), **more}, "cpu")


def music(seconds, seed=0):
    rng = np.random.default_rng(seed)
    times = np.arange(round(seconds * RATE)) / RATE
    tones = sum(np.sin(2 * np.pi * rng.uniform(50, 8000) * times) for _ in range(4))
    return (0.1 * tones * np.cos(2 * np.pi * times) + 0.001 * rng.standard_normal(len(times))).astype(np.float32)


def librosa_patch(window, n_mels=128):
    """The definition: `openl3`'s own preprocessing by librosa, for mel128 unless said."""
    bands = librosa.feature.melspectrogram(
        y=window, sr=RATE, n_fft=2048, hop_length=242, n_mels=n_mels, power=1.0, center=True, pad_mode="constant"
    )
    decibels = librosa.power_to_db(bands, ref=1.0, amin=1e-10, top_db=80.0)
    return decibels - decibels.max()


def centred_windows(clip, hop):
    """`openl3` with `center=True`: half a second of zeros in front, and behind what the last window lacks."""
    padded = np.pad(clip, (RATE // 2, 0))
    count = 1 + max(0, int(np.ceil((len(padded) - RATE) / hop)))
    padded = np.pad(padded, (0, (count - 1) * hop + RATE - len(padded)))
    return [padded[k * hop : k * hop + RATE] for k in range(count)]


@pytest.mark.parametrize("kind", ["music", "noise", "tone", "half silent", "click"])
def test_a_patch_is_that_of_librosa(kind):
    rng = np.random.default_rng(0)
    window = {
        "music": music(1),
        "noise": rng.standard_normal(RATE),
        "tone": np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE),
        "half silent": np.r_[np.zeros(RATE // 2), rng.standard_normal(RATE // 2)],
        "click": np.eye(1, RATE, 1000)[0],
    }[kind].astype(np.float32)
    patch = openl3.mel_patch(window)
    assert patch.shape == (128, 199)
    assert patch.dtype == np.float32
    # dB; librosa, too, in float64, since its floor is out of reach of a transform in float32.
    np.testing.assert_allclose(patch, librosa_patch(window.astype(np.float64)), atol=1e-4)
    np.testing.assert_allclose(patch, librosa_patch(window), atol=1e-2)


@run_in("graphs")
def test_the_weights_of_256_bands_have_patches_of_as_many(weights_of_256_bands):
    embedder = load(weights_of_256_bands, mel_bands=256)
    (patch, *_) = embedder.cut(music(0.4))
    expected = librosa_patch(np.pad(music(0.4), (RATE // 2, RATE // 2))[:RATE].astype(np.float64), 256)
    np.testing.assert_allclose(patch, expected, atol=1e-4)
    assert embedder.dimension == 6144
    with pytest.raises(SoundcheckError, match=r"refuses a batch of shape \(4, 128, 199, 1\)"):
        load(weights_of_256_bands)


@pytest.mark.parametrize("hop_s", [1.0, 0.1, 0.5])
@pytest.mark.parametrize("seconds", [0.02, 0.5, 1.0, 1.6, 3.25])
def test_windows_are_centred_and_reach_the_end(hop_s, seconds):
    clip = music(seconds)
    patches = openl3.Patches(clip, round(hop_s * RATE))
    expected = centred_windows(clip, round(hop_s * RATE))
    assert len(patches) == len(list(patches)) == len(expected)
    for number in {0, len(expected) // 2, len(expected) - 1}:
        np.testing.assert_allclose(patches[number], librosa_patch(expected[number].astype(np.float64)), atol=1e-4)


@run_in("essentia")
def essentia_patches(clip):
    """The published way in Essentia: the clip in frames of a second, these in 199 frames of a mel spectrogram."""
    import essentia

    essentia.log.infoActive = essentia.log.warningActive = False
    import essentia.standard as standard

    window, spectrum = standard.Windowing(size=2048, normalized=False), standard.Spectrum(size=2048)
    bands = standard.MelBands(
        inputSize=1025, sampleRate=RATE, numberBands=128, lowFrequencyBound=0, highFrequencyBound=RATE / 2,
        warpingFormula="slaneyMel", weighting="linear", normalize="unit_tri", type="magnitude", log=False,
    )  # fmt: skip
    patches = []
    for second in standard.FrameGenerator(clip, frameSize=RATE, hopSize=RATE):
        frames = standard.FrameGenerator(second, frameSize=2048, hopSize=242, validFrameThresholdRatio=0.5)
        mel = 10 * np.log10(np.maximum(1e-10, np.array([bands(spectrum(window(frame))) for frame in frames]).T))
        patches.append(np.maximum(mel, mel.max() - 80) - mel.max())
    return np.array(patches)


def test_essentias_own_recipe_gives_the_same_windows_and_nearly_the_same_patches():
    clip = music(2.6) + np.random.default_rng(1).standard_normal(round(2.6 * RATE)).astype(np.float32) / 20
    theirs = essentia_patches(clip)
    ours = np.array(list(openl3.Patches(clip, RATE)))
    assert ours.shape == theirs.shape == (4, 128, 199)
    # Its Hann window is symmetric: a difference of 0.02 dB, but for single values between the tones.
    assert np.abs(ours - theirs).mean() < 0.02


@run_in("graphs")
def our_embeddings(weights, clip):
    embedder = load(weights)
    return embed(embedder, clip), (embedder.sample_rate, embedder.dimension, embedder.first_s, embedder.window_hop_s)


def test_embeddings_are_those_of_librosa_and_tensorflow(weights):
    clip = music(12)
    batch = np.array([librosa_patch(window.astype(np.float64)) for window in centred_windows(clip, RATE)], np.float32)
    theirs = openl3_model.run(weights, "melspectrogram", "embeddings", batch[..., None])
    ours, declared = our_embeddings(weights, clip)
    assert theirs.shape == (13, 1, 1, 512)
    # Inputs reach -80: 1e-4 is relative to values of that size.
    np.testing.assert_allclose(ours, theirs[:, 0, 0], atol=1e-4)
    assert declared == (RATE, 512, 0.0, 1.0)


@run_in("graphs")
def test_a_gain_changes_nothing_since_each_window_is_scaled_to_its_loudest_band(weights):
    embedder = load(weights)
    clip = music(3)
    loud = embed(embedder, clip)
    for decibels in (-12, -6, 6):
        quieter = (clip * 10 ** (decibels / 20)).astype(np.float32)
        np.testing.assert_allclose(embed(embedder, quieter), loud, atol=1e-3 * np.abs(loud).max())
        for patch, same in zip(embedder.cut(quieter), embedder.cut(clip), strict=True):
            assert patch.max() == same.max() == 0
            np.testing.assert_allclose(patch, same, atol=1e-3)
    # It ends where the smallest magnitude that is told apart, 1e-10, is less than 80 dB below the loudest band.
    assert openl3.mel_patch(clip[:RATE] * 1e-9).min() > openl3.mel_patch(clip[:RATE]).min()


@pytest.mark.rounding
@run_in("graphs")
def test_a_window_is_embedded_the_same_to_rounding_whatever_its_place_and_neighbours(weights):
    embedder = load(weights)
    rng = np.random.default_rng(0)
    patches = rng.uniform(-80, 0, (embedder.batch_size, 128, 199)).astype(np.float32)
    whole = embedder.forward(patches)
    order = rng.permutation(len(patches))
    assert_same_to_rounding(embedder.forward(patches[order]), whole[order])
    alone = np.zeros_like(patches)
    alone[0] = patches[-1]
    assert_same_to_rounding(embedder.forward(alone)[0], whole[-1])


@run_in("graphs")
def test_the_shortest_clips_and_silence_have_an_embedding(weights):
    embedder = load(weights)
    for clip in (music(0.02), np.ones(1, np.float32), np.zeros(960, np.float32), np.zeros(2 * RATE, np.float32)):
        vectors = embed(embedder, clip)
        assert len(vectors) >= 1
        assert np.isfinite(vectors).all()
    assert not openl3.mel_patch(np.zeros(RATE, np.float32)).any()


@run_in("graphs")
def test_the_hop_is_an_option_and_patches_are_made_one_at_a_time(weights):
    embedder = load(weights, hop_s=0.1)
    patches = embedder.cut(np.ones(600 * RATE, np.float32))
    assert len(patches) == 1 + (600 * 10 - 5)
    assert not isinstance(patches, np.ndarray | list)
    assert embedder.window_hop_s == embedder.facts["hop_s"] == 0.1


@run_in("graphs")
def test_what_is_wrong_with_the_weights_is_said_in_one_line(weights, tmp_path):
    whole = weights.read_bytes()
    cases = {
        "gone.pb": (None, "there is no file .*gone.pb"),
        "page.pb": (b"<html>", "is not a frozen TensorFlow graph"),
        "cut.pb": (whole[: len(whole) // 2], "is not a frozen TensorFlow graph"),
        "input.pb": (whole.replace(b"melspectrogram", b"melspectrogran"), "no node 'melspectrogram', named by `input`; "
         "did you mean 'melspectrogran'"),
        "output.pb": (whole.replace(b"embeddings", b"embeddingz"), "no node 'embeddings', named by `output`; did you"),
    }  # fmt: skip
    for name, (content, message) in cases.items():
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(SoundcheckError, match=f"^embedder openl3: .*{message}") as raised:
            load(tmp_path / name)
        assert "\n" not in str(raised.value)
