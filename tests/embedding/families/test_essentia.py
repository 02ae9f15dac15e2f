"""Essentia's models: the same embeddings as Essentia's own algorithms, and as TensorFlow after a front end in NumPy."""

import librosa
import numpy as np
import pytest
from models import essentia_model
from models.processes import run_in
from rounding import assert_same_to_rounding
from whole_clips import embed

from soundcheck.embedding.families import essentia
from soundcheck.plumbing.errors import SoundcheckError

VGGISH, MUSICNN, EFFNET, MAEST = (
    f"TensorflowPredict{name}" for name in ("VGGish", "MusiCNN", "EffnetDiscogs", "MAEST")
)
FILES = dict(zip((VGGISH, MUSICNN, EFFNET, MAEST), essentia_model.FILES, strict=False))
OUTPUTS = {
    VGGISH: "model/vggish/embeddings",
    MUSICNN: "model/dense/BiasAdd",
    EFFNET: "PartitionedCall:1",
    MAEST: "StatefulPartitionedCall:7",
}
# From the model cards: frame and hop in samples, frames in a patch and to the next, node that takes it.
PUBLISHED = {
    VGGISH: (400, 160, 96, 93, "model/Placeholder"),
    MUSICNN: (512, 256, 187, 93, "model/Placeholder"),
    EFFNET: (512, 256, 128, 62, "serving_default_melspectrogram"),
    MAEST: (512, 256, 1876, 1875, "serving_default_melspectrogram"),
}
DIMENSIONS = {VGGISH: 128, MUSICNN: 200, EFFNET: 1280, MAEST: 3 * 768}
RATE = 16_000
every_algorithm = pytest.mark.parametrize("algorithm", FILES)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with the small graphs."""
    folder = tmp_path_factory.mktemp("graphs")
    for file in FILES.values():
        essentia_model.write(folder / file)
    return folder


def load(folder, graph, **more):
    weights = str(folder / FILES[graph])
    entry = {"name": "mine", "algorithm": graph, "output": OUTPUTS[graph], "weights": weights}
    return essentia.load(entry | more, "cpu")


def music(seconds, seed=0):
    rng = np.random.default_rng(seed)
    times = np.arange(round(seconds * RATE)) / RATE
    tone = np.sin(2 * np.pi * rng.uniform(100, 2000) * times) * (0.6 + 0.4 * np.sin(2 * np.pi * 3 * times))
    return (0.3 * tone + 0.02 * rng.standard_normal(len(times))).astype(np.float32)


def three_tokens(tokens):
    """What MAEST's authors make of a block's output `(patches, 1, tokens, 768)`: CLS, DIST, mean of the others."""
    return np.concatenate([tokens[:, 0, 0], tokens[:, 0, 1], tokens[:, 0, 2:].mean(axis=1)], axis=1)


# --- against Essentia ------------------------------------------------------------------------------------------------


@run_in("essentia")
def of_essentia(algorithm, path, clips, **options):
    """What the algorithm of Essentia returns for each clip."""
    import essentia

    essentia.log.infoActive = essentia.log.warningActive = False
    import essentia.standard

    composite = getattr(essentia.standard, algorithm)(
        graphFilename=str(path), input=PUBLISHED[algorithm][4], output=OUTPUTS[algorithm], **options
    )
    return [np.array(composite(clip)) for clip in clips]


def length_of(algorithm, n_patches, samples_more=0):
    """The least number of samples of which Essentia makes so many patches, and some more."""
    _, hop, patch, patch_hop, _ = PUBLISHED[algorithm]
    needed = patch + (n_patches - 1) * patch_hop + (algorithm == EFFNET)
    return (needed - 2) * hop + 1 + samples_more


@run_in("graphs")
def ours(folder, algorithm, clips, **options):
    """Our embeddings of each clip, and the embedder's hop."""
    embedder = load(folder, algorithm, **options)
    return [embed(embedder, clip) for clip in clips], embedder.window_hop_s


def assert_equal_to_essentia(algorithm, ours, theirs):
    assert len(ours) == len(theirs)
    np.testing.assert_allclose(ours, three_tokens(theirs) if algorithm == MAEST else theirs, atol=1e-4)


@every_algorithm
def test_embeddings_are_those_of_the_algorithm_of_essentia(folder, algorithm):
    recording = music(67)
    n_patches = [1, 1, 65 if algorithm == EFFNET else 2, 2, 2]
    # A sample less, and the last patch is not whole: Essentia leaves it out, and so do we.
    more = [0, 100, 0, 100, -1]
    clips = [recording[: length_of(algorithm, *each)] for each in zip(n_patches, more, strict=True)]
    theirs = of_essentia(algorithm, folder / FILES[algorithm], clips)
    assert [len(each) for each in theirs] == [*n_patches[:4], 1]
    for our, their in zip(ours(folder, algorithm, clips)[0], theirs, strict=True):
        assert_equal_to_essentia(algorithm, our, their)


@every_algorithm
def test_another_hop_gives_the_patches_of_essentia_with_that_hop(folder, algorithm):
    _, hop, patch, _, _ = PUBLISHED[algorithm]
    clips = [music((patch + 120) * hop / RATE)]
    (our,), hop_s = ours(folder, algorithm, clips, hop_s=50.4 * hop / RATE)
    assert hop_s == 50 * hop / RATE
    assert len(our) == 3
    (their,) = of_essentia(algorithm, folder / FILES[algorithm], clips, patchHopSize=50)
    assert_equal_to_essentia(algorithm, our, their)


# --- against NumPy, librosa and TensorFlow ----------------------------------------------------------------------------


def spectra(clip, frame, hop):
    """Magnitudes `(frames, 257)` of frames centred on the multiples of the hop, in a symmetric Hann window."""
    padded = np.pad(clip.astype(np.float64), (frame // 2, frame))
    frames = np.lib.stride_tricks.sliding_window_view(padded, frame)[::hop]
    return np.abs(np.fft.rfft(frames * np.hanning(frame), 512))


def vggish_mel(clip):
    """log(x + 0.01) of magnitudes in 64 bands from 125 to 7500 Hz, triangles in HTK's mel scale."""

    def to_mel(hertz):
        return 1127 * np.log(1 + hertz / 700)

    edges = np.linspace(to_mel(125), to_mel(7500), 66)[:, None]
    bins = to_mel(np.linspace(0, RATE / 2, 257))
    rising, falling = (bins - edges[:-2]) / np.diff(edges, axis=0)[:-1], (edges[2:] - bins) / np.diff(edges, axis=0)[1:]
    return np.log(spectra(clip, 400, 160) @ np.clip(np.minimum(rising, falling), 0, None).T + 0.01)


def musicnn_mel(clip):
    """log10(1 + 10000 x) of powers in 96 Slaney bands of equal area."""
    bands = librosa.filters.mel(sr=RATE, n_fft=512, n_mels=96, dtype=np.float64)
    return np.log10(1 + 10_000 * (spectra(clip, 512, 256) ** 2 @ bands.T))


def published_patches(algorithm, clip):
    _, _, patch, patch_hop, _ = PUBLISHED[algorithm]
    mel = vggish_mel(clip) if algorithm == VGGISH else musicnn_mel(clip)
    if algorithm == MAEST:
        mel = (mel - 2.06755686098554) / (2 * 1.268292820667291)
    return np.array([mel[start : start + patch] for start in range(0, len(mel) - patch - 1, patch_hop)], np.float32)


@run_in("graphs")
def our_patches_and_embeddings(folder, algorithm, clip):
    embedder = load(folder, algorithm)
    return np.array(embedder.cut(clip)), embed(embedder, clip), (embedder.sample_rate, embedder.dimension)


@every_algorithm
def test_patches_and_embeddings_are_those_of_the_recipe_in_numpy_and_tensorflow(folder, algorithm):
    _, hop, patch, _, input_node = PUBLISHED[algorithm]
    clip = music((patch + 2.2 * PUBLISHED[algorithm][3]) * hop / RATE)
    patches = published_patches(algorithm, clip)
    ours, embeddings, declared = our_patches_and_embeddings(folder, algorithm, clip)
    assert len(patches) == 3
    # We compute in float32: in a band without power that shows in the fifth digit of the logarithm.
    np.testing.assert_allclose(ours, patches, atol=5e-5)
    batch = np.zeros((64, *patches.shape[1:]), np.float32) if algorithm == EFFNET else np.zeros_like(patches)
    batch[:3] = patches
    theirs = essentia_model.run(folder / FILES[algorithm], input_node, OUTPUTS[algorithm], batch)[:3]
    np.testing.assert_allclose(embeddings, three_tokens(theirs[:, None]) if algorithm == MAEST else theirs, atol=1e-4)
    assert declared == (RATE, DIMENSIONS[algorithm])


# --- clips of all kinds ----------------------------------------------------------------------------------------------


@pytest.mark.rounding
@every_algorithm
@run_in("graphs")
def test_a_patch_is_embedded_the_same_to_rounding_whatever_its_place_and_neighbours(folder, algorithm):
    embedder = load(folder, algorithm, **({"batch_size": 2} if algorithm == MAEST else {}))
    rng = np.random.default_rng(0)
    recipe = essentia.ALGORITHMS[algorithm]
    patches = rng.standard_normal((embedder.batch_size, *recipe.shape)).astype(np.float32)
    whole = embedder.forward(patches)
    order = rng.permutation(len(patches))
    assert_same_to_rounding(embedder.forward(patches[order]), whole[order])
    alone = np.zeros_like(patches)
    alone[0] = patches[-1]
    assert_same_to_rounding(embedder.forward(alone)[0], whole[-1])


@every_algorithm
@run_in("graphs")
def test_the_shortest_clips_and_silence_have_an_embedding(folder, algorithm):
    embedder = load(folder, algorithm)
    for clip in (
        music(0.02),
        music(0.5),
        np.ones(1, np.float32),
        np.zeros(320, np.float32),
        np.zeros(RATE, np.float32),
    ):
        vectors = embed(embedder, clip)
        assert vectors.shape[0] >= 1
        assert np.isfinite(vectors).all()
        np.testing.assert_array_equal(embed(embedder, clip), vectors)


@every_algorithm
@run_in("graphs")
def test_a_clip_shorter_than_a_patch_is_repeated_or_for_maest_followed_by_silence(folder, algorithm):
    cut = load(folder, algorithm).cut
    clip = music(0.3)
    longer = np.pad(clip, (0, 40 * RATE)) if algorithm == MAEST else np.tile(clip, 20)
    np.testing.assert_array_equal(cut(clip), cut(longer)[:1])


@run_in("graphs")
def test_one_clip_long_enough_for_a_patch_is_left_as_it_is(folder):
    cut = load(folder, EFFNET).cut
    clip = music(10)[: length_of(EFFNET, 1)]
    np.testing.assert_array_equal(cut(clip), cut(np.pad(clip, (0, 255))))


@run_in("graphs")
def test_times_are_those_of_the_middle_of_patches(folder):
    embedder = load(folder, EFFNET)
    assert embedder.window_hop_s == pytest.approx(0.992)
    # A click is where the model is said to look: in the middle of the patch.
    clip = np.zeros(10 * RATE, np.float32)
    clip[round((embedder.first_s + 3 * embedder.window_hop_s) * RATE)] = 1
    loudest = embedder.cut(clip)[3].sum(axis=1)
    np.testing.assert_allclose(np.average(np.arange(128), weights=loudest), 127 / 2, atol=1)


@run_in("graphs")
def test_a_long_recording_is_cut_without_copies_of_its_patches(folder):
    patches = load(folder, MUSICNN, hop_s=0.1).cut(music(60))
    assert np.shares_memory(patches[0], patches[20])


# --- options ---------------------------------------------------------------------------------------------------------


@run_in("graphs")
def test_tokens_are_chosen_and_a_node_without_them_is_taken_as_it_is(folder):
    clip = music(31)
    everything = embed(load(folder, MAEST), clip)
    for part, token in enumerate(("cls", "distillation", "mean")):
        chosen = embed(load(folder, MAEST, tokens=[token]), clip)
        np.testing.assert_array_equal(chosen, everything[:, part * 768 : (part + 1) * 768])
    assert load(folder, MAEST, output="StatefulPartitionedCall").dimension == 400


@run_in("graphs")
def test_a_block_of_a_transformer_is_the_one_that_its_node_names(folder):
    fifth, seventh = (embed(load(folder, MAEST, output=f"StatefulPartitionedCall:{n}"), music(31)) for n in (5, 7))
    np.testing.assert_allclose(fifth / 1.5, seventh / 1.7, rtol=1e-4, atol=1e-5)


@run_in("graphs")
def test_the_size_of_a_patch_and_of_a_batch_are_options(folder):
    embedder = load(folder, MUSICNN, patch_frames=90, batch_size=3)
    assert embedder.cut(music(5)).shape[1:] == (90, 96)
    assert embedder.window_hop_s == 90 * 256 / RATE
    assert embedder.forward(np.zeros((3, 90, 96), np.float32)).shape == (3, 1, 200)


@run_in("graphs")
def test_facts_say_what_was_run(folder):
    facts = load(folder, VGGISH).facts
    assert facts["weights"].startswith("sha256:")
    assert (facts["patch_s"], facts["hop_s"], facts["node"]) == (0.96, 0.93, "model/vggish/embeddings")


@every_algorithm
@run_in("graphs")
def test_the_input_is_found_whatever_the_generation_of_the_graph_calls_it(folder, tmp_path, algorithm):
    from tensorflow.core.framework.graph_pb2 import GraphDef

    graph = GraphDef.FromString((folder / FILES[algorithm]).read_bytes())
    clip, own = music(31), PUBLISHED[algorithm][4]
    expected = embed(load(folder, algorithm), clip)
    for name in ("melspectrogram", "serving_default_melspectrogram"):
        for node in graph.node:
            node.name = name if node.op == "Placeholder" else node.name
            node.input[:] = [name if source == own else source for source in node.input]
        own = name
        (tmp_path / "other.pb").write_bytes(graph.SerializeToString())
        np.testing.assert_array_equal(
            embed(load(folder, algorithm, weights=str(tmp_path / "other.pb")), clip), expected
        )


# --- what goes wrong -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"algorithm": "TensorflowPredictVGGsh"}, "algorithm 'TensorflowPredictVGGsh' is not supported .did you mean "
         "'TensorflowPredictVGGish'?"),
        ({"algorithm": "SpectralPeaks"}, "algorithm 'SpectralPeaks' is not supported; valid are .*PredictMAEST, "),
        ({"output": ""}, "lacks the option `output`"),
        ({"output": "model/dense/BiasAd"}, r"msd-musicnn-1\.pb has no node 'model/dense/BiasAd', named by `output`; "
         "did you mean 'model/dense/BiasAdd'"),
        ({"output": "qqq:1"}, r"has no node 'qqq:1', named by `output`; its last nodes are .*model/Sigmoid"),
        ({"output": "model/Sigmoid:2"}, r"msd-musicnn-1\.pb has no output 2 of the node 'model/Sigmoid', .*; it has 1"),
        ({"input": "model/Placeholdr"}, "no node 'model/Placeholdr', named by `input`; did you mean "
         "'model/Placeholder'"),
        ({"output": "MaxPool2d"}, r"'MaxPool2d', named by `output`, returns an array of shape \(1, .* expected one "
         "vector for each"),
        ({"tokens": ["clss"]}, "token 'clss' does not exist .did you mean 'cls'"),
        ({"weights": "gone.pb"}, "there is no file gone.pb, which should hold its frozen TensorFlow graph"),
    ],
)  # fmt: skip
@run_in("graphs")
def test_a_wrong_option_is_said_in_one_line(folder, options, message):
    with pytest.raises(SoundcheckError, match=f"^embedder mine.*{message}") as raised:
        load(folder, MUSICNN, **options)
    assert "\n" not in str(raised.value)
    assert len(str(raised.value)) < 500


@run_in("graphs")
def test_a_graph_that_refuses_the_patches_of_an_algorithm_is_explained(folder):
    with pytest.raises(SoundcheckError, match=r"refuses a batch of shape \(1, 626, 96\).*are these the weights"):
        load(folder, MAEST, patch_frames=626)


@pytest.mark.parametrize("content", ["", "<!doctype html><title>Not found</title>", "truncated"])
@run_in("graphs")
def test_a_file_that_is_no_graph_is_said_in_one_line(folder, tmp_path, content):
    whole = (folder / FILES[MUSICNN]).read_bytes()
    file = tmp_path / "broken.pb"
    file.write_bytes(whole[: len(whole) // 2] if content == "truncated" else content.encode())
    with pytest.raises(SoundcheckError, match=r"broken\.pb \(\d+ bytes\) is not a frozen TensorFlow graph") as raised:
        load(folder, MUSICNN, weights=str(file))
    assert "\n" not in str(raised.value)


@run_in("graphs")
def test_workers_that_are_forked_from_a_loaded_model_work_and_leave_it_whole(folder):
    from soundcheck.plumbing.jobs.workers import processes

    embedder = load(folder, EFFNET)
    clip = music(5)
    before = embed(embedder, clip)
    with processes(2) as workers:
        rates = [workers.submit(np.fft.rfft, clip) for _ in range(8)]
        during = embed(embedder, clip)
        for rate in rates:
            np.testing.assert_array_equal(rate.result(timeout=30), np.fft.rfft(clip))
    np.testing.assert_array_equal(during, before)
