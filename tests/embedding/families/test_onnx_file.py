"""A model in an ONNX file: the same numbers as torch, windows as asked for, and what does not fit said in one line."""

import numpy as np
import pytest
import soundfile
from models import onnx_model
from models.onnx_model import RATE
from onnx import TensorProto
from rounding import assert_same_to_rounding

from soundcheck.audio.preparation import Condition
from soundcheck.embedding import driver, store
from soundcheck.embedding.families import onnx_file
from soundcheck.plumbing.errors import SoundcheckError

RNG = np.random.default_rng(0)
KEYS = {"sample_rate": RATE, "window_s": 0, "hop_s": 0, "batch_size": 4, "longest_s": 2, "input": "", "output": ""}


@pytest.fixture
def load(tmp_path):
    def write_and_load(model=None, **entry):
        path = tmp_path / "model.onnx"
        onnx_model.write(path, **(model or {}))
        return onnx_file.load(KEYS | {"family": "onnx_file", "name": "mine", "file": str(path)} | entry, "cpu")

    return write_and_load


def noise(*shape):
    return RNG.standard_normal(shape, dtype=np.float32)


@pytest.mark.parametrize("axes", [2, 3])
def test_whole_clips_are_embedded_as_by_torch(load, axes):
    clip = noise(1, 3217)
    embedding, frames = onnx_model.computed(clip)
    embedder = load({"axes": axes})
    assert (embedder.dimension, embedder.batch_size, embedder.sample_rate) == (6, 1, RATE)
    np.testing.assert_allclose(embedder.forward(clip), embedding[:, None], atol=1e-5)
    of_frames = load({"axes": axes}, output="frames", input="audio")
    assert of_frames.dimension == 8
    np.testing.assert_allclose(of_frames.forward(clip), frames, atol=1e-5)


@pytest.mark.parametrize("kind", ["FLOAT16", "DOUBLE", "INT8", "INT32", "INT64", "UINT8", "BOOL"])
def test_numbers_of_any_kind_are_read(load, kind):
    clip = 100 * np.abs(noise(1, 3217))
    embedding = onnx_model.computed(clip)[0]
    frames = load({"output_type": getattr(TensorProto, kind)}).forward(clip)
    assert frames.dtype == np.float32
    if kind in ("FLOAT16", "DOUBLE"):
        np.testing.assert_allclose(frames[:, 0], embedding, rtol=1e-3)
    elif kind == "BOOL":
        np.testing.assert_array_equal(frames[:, 0], embedding != 0)
    elif kind in ("INT32", "INT64"):
        np.testing.assert_array_equal(frames[:, 0], np.trunc(embedding))


def test_windows_are_embedded_as_by_torch(load):
    embedder = load(window_s=0.1, output="frames")
    batch = noise(4, 800)
    frames = onnx_model.computed(batch)[1]
    np.testing.assert_allclose(embedder.forward(batch), frames, atol=1e-5)
    assert embedder.forward(batch).dtype == np.float32


@pytest.mark.rounding
@pytest.mark.parametrize("axis", ["batch", 7])
def test_a_window_is_embedded_the_same_to_rounding_whatever_its_place_and_neighbours(load, axis):
    embedder = load({"batch": axis}, window_s=0.1, batch_size=16)
    size = {"batch": 16}.get(axis, axis)
    assert embedder.batch_size == size
    batch = noise(size, 800)
    whole = embedder.forward(batch)
    order = RNG.permutation(size)
    assert_same_to_rounding(embedder.forward(batch[order]), whole[order])
    alone = np.zeros_like(batch)
    alone[0] = batch[5]
    assert_same_to_rounding(embedder.forward(alone)[0], whole[5])


@pytest.mark.parametrize(("window_s", "hop_s"), [(0.1, 0), (0.1, 0.05), (0.1, 0.0331), (0.1, 0.3)])
@pytest.mark.parametrize("n_samples", [1, 160, 799, 800, 801, 1600, 5003])
def test_windows_start_every_hop_the_last_one_is_filled_up_with_zeros_and_none_is_empty(
    load, window_s, hop_s, n_samples
):
    clip = noise(n_samples)
    embedder = load(window_s=window_s, hop_s=hop_s)
    cut = embedder.cut(clip)
    hop = round(RATE * (hop_s or window_s))
    assert embedder.window_hop_s == hop / RATE
    for number, window in enumerate(cut):
        part = clip[number * hop : number * hop + 800]
        assert len(part)
        np.testing.assert_array_equal(window, np.pad(part, (0, 800 - len(part))))
    assert len(cut) * hop >= n_samples or (len(cut) - 1) * hop + 800 >= n_samples
    if len(cut) > 1:
        assert (len(cut) - 2) * hop + 800 < n_samples


def test_long_clips_go_in_pieces_where_the_whole_is_asked_for(load):
    cut = load(longest_s=0.1).cut
    assert [len(piece) for piece in cut(noise(800))] == [800]
    assert [len(piece) for piece in cut(noise(2000))] == [667, 667, 666]


def test_frames_of_a_window_have_their_times(load):
    embedder = load(window_s=0.1, output="frames")
    n_frames = onnx_model.computed(noise(1, 800))[1].shape[1]
    assert embedder.hop_s == pytest.approx(0.1 / n_frames)
    assert embedder.first_s == pytest.approx(0.05 / n_frames)
    assert load(window_s=0.1).first_s == pytest.approx(0.05)


@pytest.mark.parametrize("window_s", [0, 0.1])
def test_a_dimension_that_the_file_does_not_state_is_found_by_trying(load, window_s):
    assert load({"declared": "size", "dim": 11}, window_s=window_s).dimension == 11


def test_a_fixed_number_of_samples_is_asked_for_and_what_the_message_advises_works(load):
    model = {"samples": 1234}
    for found, window_s in (("whole clips", 0), ("windows of 800", 0.1)):
        with pytest.raises(SoundcheckError, match=f"takes exactly 1234 samples, not {found}.*`window_s: 0.15425`"):
            load(model, window_s=window_s)
    assert load(model, window_s=0.15425).cut(noise(5)).shape == (1, 1234)


def test_weights_in_a_file_of_their_own_count_as_well(load):
    facts = load({"beside": True}).facts
    assert facts["weights"].startswith("sha256:")
    assert facts["weights_beside"].startswith("sha256:")
    assert facts["weights"] != facts["weights_beside"]
    assert facts["runs_on"] == "CPUExecutionProvider"


def test_silence_is_finite_and_a_run_is_repeatable(load):
    embedder = load(window_s=0.1)
    assert np.isfinite(embedder.forward(np.zeros((4, 800), np.float32))).all()
    batch = noise(4, 800)
    np.testing.assert_array_equal(load(window_s=0.1).forward(batch), embedder.forward(batch))


@pytest.mark.parametrize(
    ("model", "entry", "message"),
    [
        ({}, {"input": "audioo"}, "has no input 'audioo' (did you mean 'audio'?)"),
        ({}, {"output": "embeding"}, "has no output 'embeding' (did you mean 'embedding'?)"),
        ({}, {"sample_rate": None}, "sample_rate is None; give the rate that the model was made for, in Hz"),
        ({}, {"sample_rate": 44.1}, "sample_rate is 44.1; give the rate"),
        ({"axes": 4}, {}, "its input 'audio' is a tensor(float) of shape (batch, 1, samples, 1); expected samples"),
        (
            {"input_type": TensorProto.INT64},
            {},
            "its input 'audio' is a tensor(int64) of shape (batch, samples); expected samples as floating-point",
        ),
        ({"more_inputs": ("length",)}, {}, "asks for length beside its input audio: only samples can be given"),
        ({"batch": 3}, {}, "takes exactly 3 windows at a time, but whole clips (window_s: 0) differ in length"),
        (
            {},
            {"output": "map", "window_s": 0.1},
            "its output 'map' has the shape (4, 8, 47, 1) for an input of shape (4, 800); expected (batch, dim) or",
        ),
        (
            {"output_type": TensorProto.STRING},
            {},
            "its output 'embedding' is a tensor(string); expected numbers: name another one, `output: frames`",
        ),
        ({"output_type": TensorProto.BFLOAT16}, {}, "its output 'embedding' is a tensor(bfloat16); expected numbers"),
        ({}, {"window_s": 0.001}, "fails on 4 x 8 zeros: "),
    ],
)
def test_what_does_not_fit_is_said_in_one_line(load, model, entry, message):
    with pytest.raises(SoundcheckError) as raised:
        load(model, **entry)
    assert str(raised.value).startswith("embedder mine: ")
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_a_file_that_is_no_model_is_refused(tmp_path):
    path = tmp_path / "model.onnx"
    entry = KEYS | {"name": "mine", "file": str(path)}
    with pytest.raises(SoundcheckError, match=r"embedder mine: there is no file .*model\.onnx"):
        onnx_file.load(entry, "cpu")
    onnx_model.write(path)
    for content in (path.read_bytes()[:-200], b"<!DOCTYPE html><html></html>", b""):
        path.write_bytes(content)
        with pytest.raises(SoundcheckError, match=r"model\.onnx is not a model that ONNX Runtime .* can run: "):
            onnx_file.load(entry, "cpu")
    onnx_model.write(path, beside=True)
    path.with_name("model.onnx.data").unlink()
    with pytest.raises(SoundcheckError, match=r"is it complete, with its \.data file beside it"):
        onnx_file.load(entry, "cpu")


@pytest.mark.parametrize("window_s", [0, 0.1])
def test_a_run_gives_the_same_bytes_on_any_number_of_threads(load, tmp_path, window_s):
    tracks = []
    for number, seconds in enumerate((0.02, 0.1, 0.35, 1.0, 0.5)):
        soundfile.write(tmp_path / f"{number}.wav", 0.1 * noise(int(seconds * RATE)), RATE)
        tracks.append((f"t{number}", f"{number}.wav", seconds))
    embedder = load(window_s=window_s)
    written = []
    for threads in (1, 3):
        condition = Condition(str(tmp_path), "clean", [], 42, RATE)
        model = driver.Model("mine", embedder, threads)
        statistics = driver.embed(tracks, condition, model, tmp_path / f"{threads}", tmp_path / "a.csv", {})
        assert (statistics.n_embedded, statistics.n_left_out) == (5, 0)
        written.append((tmp_path / f"{threads}").read_bytes())
    assert written[0] == written[1]
    assert store.read(tmp_path / "1")[1].shape == (5, 6)
