"""Essentia's algorithms at other rates than 16 kHz and on samples: what they give to a network, and what it returns.

Essentia computes in float32, and so do we, each in its own order: a logarithm of 1e-10 of what is in a frame differs in
the fourth digit. Tolerances are those of the worst recording.
"""

import librosa
import numpy as np
import pytest
from models import essentia_model
from models.processes import run_in
from rounding import assert_same_to_rounding
from whole_clips import embed

from soundcheck.audio import samples
from soundcheck.embedding.families import essentia
from soundcheck.plumbing.errors import SoundcheckError

SINET, TEMPO, CREPE, ANY = (f"TensorflowPredict{name}" for name in ("FSDSINet", "TempoCNN", "CREPE", ""))
FILES = dict(zip((SINET, TEMPO, CREPE, ANY), essentia_model.FILES[4:8], strict=True))
HEAD = essentia_model.FILES[8]
RATES = {SINET: 22_050, TEMPO: 11_025, CREPE: 16_000}
INPUTS = {SINET: "x", TEMPO: "input", CREPE: "frames"}
OUTPUTS = {SINET: "model/global_max_pooling1d/Max", TEMPO: "scores", CREPE: "model/classifier/Sigmoid", ANY: "mean"}
DIMENSIONS = {SINET: 512, TEMPO: 256, CREPE: 360}
# Of what the network is given: a decimal logarithm, deviations of a patch, deviations of a frame.
GIVEN = {SINET: {"rtol": 0, "atol": 1e-3}, TEMPO: {"rtol": 1e-4, "atol": 5e-4}, CREPE: {"rtol": 1e-4, "atol": 5e-4}}
# Samples from one frame to the next, frames from the beginning of one patch to that of the next, frames in a patch.
FRAMES = {SINET: (220, 50, 101), TEMPO: (512, 128, 256)}
every_algorithm = pytest.mark.parametrize("algorithm", RATES)
on_spectrograms = pytest.mark.parametrize("algorithm", FRAMES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the small graphs."""
    folder = tmp_path_factory.mktemp("graphs")
    for file in (*FILES.values(), HEAD):
        essentia_model.write(folder / file)
    return folder


def load(folder, algorithm, /, **more):
    entry = {"name": "mine", "algorithm": algorithm, "output": OUTPUTS[algorithm]}
    entry |= {"weights": str(folder / FILES[algorithm])}
    if algorithm == ANY:
        entry |= {"input": "waveform", "sample_rate": 8000, "window_s": 0.5}
    return essentia.load(entry | more, "cpu")


def music(seconds, rate, seed=0):
    rng = np.random.default_rng(seed)
    times = np.arange(round(seconds * rate)) / rate
    tone = np.sin(2 * np.pi * rng.uniform(100, 2000) * times) * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * times))
    # With an offset, which FSD-SINet and CREPE take away.
    return (0.05 + 0.3 * tone + 0.02 * rng.standard_normal(len(times))).astype(np.float32)


@run_in("graphs")
def ours(folder, algorithm, clips, **options):
    embedder = load(folder, algorithm, **options)
    return [embed(embedder, clip) for clip in clips]


@run_in("essentia")
def of_essentia(algorithm, folder, clips, output, **options):
    """What the algorithm of Essentia returns for each clip."""
    import essentia

    essentia.log.infoActive = essentia.log.warningActive = False
    import essentia.standard

    composite = getattr(essentia.standard, algorithm)(
        graphFilename=str(folder / FILES[algorithm]), input=INPUTS[algorithm], output=output, **options
    )
    return [np.array(composite(clip)) for clip in clips]


# --- against Essentia ------------------------------------------------------------------------------------------------


def assert_equal_to_essentia(folder, algorithm, clips):
    given, vectors = (of_essentia(algorithm, folder, clips, node) for node in ("given", OUTPUTS[algorithm]))
    pairs = zip(ours(folder, algorithm, clips, output="given"), given, strict=True)
    for our, their in pairs:
        assert len(our) == len(their)
        np.testing.assert_allclose(our, their, **GIVEN[algorithm])
    for our, their in zip(ours(folder, algorithm, clips), vectors, strict=True):
        assert their.shape[1] == DIMENSIONS[algorithm]
        np.testing.assert_allclose(our, their, rtol=0, atol=1e-4)


@on_spectrograms
def test_patches_and_embeddings_are_those_of_essentia_up_to_the_last_whole_patch(folder, algorithm):
    hop, every, size = FRAMES[algorithm]
    n_patches = (1, 1, 18, 2)
    # The last clip is a sample too short for a third patch.
    lengths = [(size - 2 + (n - 1) * every) * hop + 1 for n in n_patches]
    recording = music(lengths[2] / RATES[algorithm] + 1, RATES[algorithm])
    clips = [recording[: lengths[0]], recording[: lengths[1] + 100], recording[: lengths[2]]]
    clips.append(recording[: lengths[3] + every * hop - 1])
    assert [len(each) for each in of_essentia(algorithm, folder, clips, "given")] == list(n_patches)
    assert_equal_to_essentia(folder, algorithm, clips)


def test_frames_of_crepe_are_those_of_essentia_for_clips_of_all_lengths(folder):
    recording = music(3, 16_000)
    clips = [recording[:length] for length in (1, 100, 159, 160, 511, 512, 1000, 1600, 16_000, 20_001, 48_000)]
    # Of a constant the deviation is nought, or what rounding makes of it: Essentia returns what it likes.
    assert_equal_to_essentia(folder, CREPE, clips[1:])
    assert [len(each) for each in ours(folder, CREPE, clips)] == [1 + len(clip) // 160 for clip in clips]


@every_algorithm
def test_another_hop_gives_the_embeddings_of_essentia_with_that_hop(folder, algorithm):
    clip = music(25 if algorithm == TEMPO else 4, RATES[algorithm])
    if algorithm == CREPE:
        our, their = (
            ours(folder, CREPE, [clip], hop_s=0.05),
            of_essentia(CREPE, folder, [clip], OUTPUTS[CREPE], hopSize=50),
        )
        assert len(their[0]) == 81
    else:
        hop, _, size = FRAMES[algorithm]
        our = ours(folder, algorithm, [clip], hop_s=30.3 * hop / RATES[algorithm])
        their = of_essentia(algorithm, folder, [clip], OUTPUTS[algorithm], patchHopSize=30)
        assert len(their[0]) == 1 + (-(-len(clip) // hop) + 1 - size) // 30
    np.testing.assert_allclose(our[0], their[0], rtol=0, atol=1e-4)


@pytest.mark.parametrize("length", [1, 300, 5000, 21_000])
def test_a_clip_shorter_than_a_patch_is_levelled_and_repeated_as_essentia_repeats_its_frames(folder, length):
    clip = music(1, 22_050)[:length]
    (our,) = ours(folder, SINET, [clip], output="given")
    (their,) = of_essentia(SINET, folder, [clip], "given", lastPatchMode="repeat")
    # Essentia repeats frames, we samples: they are the same up to the first frame that reaches over the end.
    whole = max(0, (length - 330) // 220)
    assert our.shape == their.shape == (1, 101 * 96)
    np.testing.assert_allclose(our[0, : whole * 96], their[0, : whole * 96], **GIVEN[SINET])


@every_algorithm
def test_real_recordings_have_the_embeddings_of_essentia(folder, algorithm, philharmonia_dir, mirdata_samples):
    notes = sorted(philharmonia_dir.rglob("*.mp3"))[::300]
    pieces = [file for file in sorted(mirdata_samples.rglob("*")) if file.suffix in (".mp3", ".wav")][:8]
    clips = []
    for file in (*notes, *pieces):
        clip = samples.resample(*samples.decode(file), RATES[algorithm])
        # Silence at the very beginning is brought out of place by Essentia.
        heard = np.flatnonzero(np.abs(clip) > 1e-3)
        if not len(heard):
            continue
        clip = clip[heard[0] :][: 20 * RATES[algorithm]]
        # Essentia has nothing for what is shorter than a patch.
        shortest = RATES[algorithm] * (12 if algorithm == TEMPO else 1)
        clips.append(np.resize(clip, max(len(clip), shortest)))
    assert len(clips) >= 10
    assert_equal_to_essentia(folder, algorithm, clips)


# --- against NumPy and librosa ----------------------------------------------------------------------------------------


def bands(clip, window, hop, size, power, **mel):
    """Sums over Slaney bands of frames centred on the multiples of the hop, up to the first not before the end."""
    padded = np.pad(clip.astype(np.float64), (len(window) // 2, len(window) + hop))
    frames = np.lib.stride_tricks.sliding_window_view(padded, len(window))[::hop][: -(-len(clip) // hop) + 1]
    spectra = np.abs(np.fft.rfft(frames * window, size)) ** power
    return spectra @ librosa.filters.mel(n_fft=size, dtype=np.float64, **mel).T


def fsd_sinet_patches(clip):
    """From the published code of FSD-SINet: levelled clips, 30 ms frames every 10 ms, log10 of power in 96 bands."""
    centred = clip.astype(np.float64) - clip.mean(dtype=np.float64)
    levelled = centred / (np.abs(centred).max() + 0.005)
    window = 0.54 - 0.46 * np.cos(2 * np.pi * np.arange(660) / 660)
    mel = np.log10(bands(levelled, window, 220, 2048, 2, sr=22_050, n_mels=96, fmin=50, fmax=10_500, norm=None))
    return np.array([mel[start : start + 101] for start in range(0, len(mel) - 100, 50)])[..., None]


def tempo_cnn_patches(clip):
    """From the published code of TempoCNN: magnitudes in 40 bands from 20 to 5000 Hz, each patch standardised."""
    mel = bands(clip, np.hanning(1024), 512, 1024, 1, sr=11_025, n_mels=40, fmin=20, fmax=5000)
    patches = np.array([mel[start : start + 256].T for start in range(0, len(mel) - 255, 128)])
    means, deviations = patches.mean((1, 2), keepdims=True), patches.std((1, 2), keepdims=True)
    return ((patches - means) / deviations)[..., None]


def crepe_frames(clip):
    """From the published code of CREPE: frames of 1024 centred on the multiples of 10 ms, each standardised."""
    padded = np.pad(clip.astype(np.float64), 512)
    frames = np.array([padded[start : start + 1024] for start in range(0, len(clip) + 1, 160)])
    return (frames - frames.mean(1, keepdims=True)) / frames.std(1, keepdims=True)


@every_algorithm
def test_what_the_network_is_given_and_returns_is_that_of_the_recipe_in_numpy_and_tensorflow(folder, algorithm):
    clip = music(20 if algorithm == TEMPO else 2.5, RATES[algorithm])
    expected = {SINET: fsd_sinet_patches, TEMPO: tempo_cnn_patches, CREPE: crepe_frames}[algorithm](clip)
    (given,), (vectors,) = ours(folder, algorithm, [clip], output="given"), ours(folder, algorithm, [clip])
    assert len(expected) == {SINET: 4, TEMPO: 2, CREPE: 251}[algorithm]
    np.testing.assert_allclose(given, expected.reshape(given.shape), rtol=1e-4, atol=5e-4)
    path, batch = folder / FILES[algorithm], expected.astype(np.float32)
    theirs = essentia_model.run(path, INPUTS[algorithm], OUTPUTS[algorithm], batch)
    np.testing.assert_allclose(vectors, theirs, rtol=0, atol=1e-4)


# --- clips of all kinds -----------------------------------------------------------------------------------------------


@pytest.mark.rounding
@pytest.mark.parametrize("algorithm", FILES)
@run_in("graphs")
def test_a_window_is_embedded_the_same_to_rounding_whatever_its_place_and_neighbours(folder, algorithm):
    embedder = load(folder, algorithm)
    windows = np.concatenate([embedder.cut(music(seconds, embedder.sample_rate)) for seconds in (1, 40)])
    windows = np.resize(windows, (embedder.batch_size, *windows.shape[1:])).astype(np.float32)
    whole = embedder.forward(windows)
    order = np.random.default_rng(0).permutation(len(windows))
    assert_same_to_rounding(embedder.forward(windows[order]), whole[order])
    alone = np.zeros_like(windows)
    alone[0] = windows[-1]
    assert_same_to_rounding(embedder.forward(alone)[0], whole[-1])


@pytest.mark.parametrize("algorithm", FILES)
@run_in("graphs")
def test_the_shortest_clips_silence_and_a_constant_have_an_embedding(folder, algorithm):
    embedder = load(folder, algorithm)
    rate = embedder.sample_rate
    for clip in (
        music(0.02, rate),
        np.ones(1, np.float32),
        np.zeros(320, np.float32),
        np.zeros(rate, np.float32),
        np.full(rate, 0.3, np.float32),
    ):
        vectors = embed(embedder, clip)
        assert len(vectors) >= 1
        assert np.isfinite(vectors).all()


@run_in("graphs")
def test_a_silent_band_is_what_the_noise_of_essentia_comes_to(folder):
    patches = load(folder, SINET).cut(np.zeros(30_000, np.float32))
    np.testing.assert_allclose(patches, -17.3, atol=0.01)


@run_in("graphs")
def test_the_level_and_the_offset_of_a_clip_do_not_matter_where_the_recipe_takes_them_away(folder):
    for algorithm, tolerance in ((SINET, 0.05), (CREPE, 1e-3)):
        embedder = load(folder, algorithm)
        clip = music(3, embedder.sample_rate)
        changed, unchanged = (np.stack(list(embedder.cut(each))) for each in (0.5 * clip + 0.1, clip))
        if algorithm == CREPE:
            # Not at the ends, where an offset is a step.
            changed, unchanged = (embedder.forward(each[10:26])[:, 0] for each in (changed, unchanged))
        np.testing.assert_allclose(changed[1:3], unchanged[1:3], atol=tolerance)


@pytest.mark.parametrize("algorithm", [SINET, TEMPO, CREPE])
@run_in("graphs")
def test_times_are_those_of_the_middle_of_windows(folder, algorithm):
    embedder = load(folder, algorithm)
    clip = np.zeros(60 * embedder.sample_rate, np.float32)
    clip[round((embedder.first_s + 3 * embedder.window_hop_s) * embedder.sample_rate)] = 1
    window = embedder.cut(clip)[3]
    loudness = np.abs(window) if window.ndim == 1 else window.sum(axis=1) - window.sum(axis=1).min()
    middle = (len(loudness) - 1) / 2
    np.testing.assert_allclose(np.average(np.arange(len(loudness)), weights=loudness), middle, atol=1)
    assert embedder.hop_s is None


# --- a graph of one's own ---------------------------------------------------------------------------------------------


def test_a_graph_of_ones_own_takes_whole_windows_of_samples(folder):
    clip = music(2, 8000)
    windows = np.stack([clip[start : start + 4000] for start in range(0, 12_001, 1600)])[..., None]
    theirs = essentia_model.run(folder / FILES[ANY], "waveform", "mean", windows)
    (vectors,) = ours(folder, ANY, [clip], hop_s=0.2)
    np.testing.assert_allclose(vectors, theirs, rtol=1e-5, atol=1e-6)


@run_in("graphs")
def test_what_is_said_of_a_graph_of_ones_own_is_what_its_entry_says(folder):
    embedder = load(folder, ANY, hop_s=0.2)
    assert (embedder.sample_rate, embedder.dimension, embedder.first_s, embedder.window_hop_s) == (8000, 30, 0.25, 0.2)
    assert (embedder.facts["patch_s"], embedder.facts["hop_s"]) == (0.5, 0.2)


@run_in("graphs")
def test_windows_of_a_graph_of_ones_own_lie_end_to_end_and_a_short_clip_is_repeated(folder):
    embedder = load(folder, ANY)
    clip = music(1.2, 8000)
    np.testing.assert_array_equal(embedder.cut(clip), clip[:8000].reshape(2, 4000))
    np.testing.assert_array_equal(embedder.cut(clip[:900]), [np.tile(clip[:900], 5)[:4000]])


@run_in("graphs")
def test_several_vectors_a_window_are_frames_with_times(folder):
    embedder = load(folder, ANY, output="frames", batch_size=2)
    frames = embedder.forward(np.stack([music(0.5, 8000, seed) for seed in (0, 1)]))
    assert frames.shape == (2, 40, 30)
    np.testing.assert_allclose(embedder.frame_times(2, 0, 40), 1 + 0.0125 * (np.arange(40) + 0.5))


# --- what goes wrong --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("algorithm", "options", "message"),
    [
        (CREPE, {"patch_frames": 128}, "TensorflowPredictCREPE takes no patches of a spectrogram: remove "
         "`patch_frames`"),
        (TEMPO, {"patch_frames": 100}, r"refuses a batch of shape \(1, 40, 100, 1\)"),
        (SINET, {"algorithm": "TensorflowPredict2D"}, "TensorflowPredict2D is for a classification head, which takes "
         "the embeddings of another model and no audio; name the model .* a probe is trained in the place of the head"),
        (TEMPO, {"algorithm": "TempoCNN"}, "TempoCNN makes a tempo .* name TensorflowPredictTempoCNN"),
        (CREPE, {"algorithm": "PitchCREPE"}, "PitchCREPE makes a pitch .* name TensorflowPredictCREPE"),
        (ANY, {"input": ""}, "lacks `input`, which the algorithm TensorflowPredict needs"),
        (ANY, {"sample_rate": None}, "lacks `sample_rate`, which the algorithm TensorflowPredict needs"),
        (ANY, {"window_s": 0}, "lacks `window_s`, which the algorithm TensorflowPredict needs"),
    ],
)  # fmt: skip
@run_in("graphs")
def test_a_wrong_option_is_said_in_one_line(folder, algorithm, options, message):
    with pytest.raises(SoundcheckError, match=f"^embedder mine.*{message}") as raised:
        load(folder, algorithm, **options)
    assert "\n" not in str(raised.value)


@run_in("graphs")
def test_a_head_under_the_algorithm_of_its_embedder_is_recognised(folder):
    options = {"algorithm": "TensorflowPredictMusiCNN", "output": "model/Sigmoid", "weights": str(folder / HEAD)}
    with pytest.raises(SoundcheckError, match="it takes vectors: it is a classification head, not an embedder"):
        load(folder, SINET, **options)


@run_in("graphs")
def test_numbers_of_any_kind_are_read_and_what_is_no_real_number_is_refused(folder):
    clip = music(0.5, 8000)
    mean = embed(load(folder, ANY), clip)
    for kind, tolerance in (("float16", 1e-3), ("bfloat16", 1e-2), ("float64", 0)):
        np.testing.assert_allclose(embed(load(folder, ANY, output=f"mean_{kind}"), clip), mean, rtol=tolerance)
    np.testing.assert_array_equal(embed(load(folder, ANY, output="mean_int32"), clip), np.trunc(mean))
    np.testing.assert_array_equal(embed(load(folder, ANY, output="mean_bool"), clip), mean != 0)
    for kind in ("complex64", "string"):
        with pytest.raises(
            SoundcheckError, match=f"the node 'mean_{kind}', named by `output`, returns an array of .*; e"
        ):
            load(folder, ANY, output=f"mean_{kind}")
