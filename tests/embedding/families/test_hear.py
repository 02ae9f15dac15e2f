import dataclasses
import os

import numpy as np
import pytest
import soundfile
import torch

from soundcheck import parquet
from soundcheck.audio.preparation import Condition
from soundcheck.embedding import driver
from soundcheck.embedding.families import hear
from soundcheck.plumbing.errors import SoundcheckError

GOOD = """
import torch

class Model:
    sample_rate = 16000
    scene_embedding_size = 4
    timestamp_embedding_size = 4

def load_model(model_file_path=""):
    return Model()

def get_timestamp_embeddings(audio, model):
    return audio.reshape(1, -1, 4), torch.zeros(1, audio.shape[1] // 4)

def get_scene_embeddings(audio, model):
    return audio.reshape(1, -1, 4).mean(1)
"""


def load(folder, text, use="scene", weights="", longest_s=30):
    (folder / "mine.py").write_text(text)
    entry = {"name": "mine", "file": str(folder / "mine.py"), "weights": weights, "use": use, "longest_s": longest_s}
    return hear.load(entry, "cpu")


def samples(n):
    return np.arange(n, dtype=np.float32)


def test_scene_and_timestamp_embeddings_are_frames(tmp_path):
    scene = load(tmp_path, GOOD).forward(samples(12)[None])
    frames, _ = load(tmp_path, GOOD, "timestamps").forward(samples(12)[None])
    np.testing.assert_array_equal(frames, samples(12).reshape(1, 3, 4))
    np.testing.assert_array_equal(scene, frames.mean(axis=1, keepdims=True))


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An installed package `their_net_*` whose module `base` imports a neighbour relatively."""
    name = f"their_net_{tmp_path.name.replace('-', '_')}"
    folder = tmp_path / "site" / name
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "sizes.py").write_text("RATE = 12000")
    text = GOOD.replace("import torch", "import torch\nfrom .sizes import RATE").replace("16000", "RATE")
    (folder / "base.py").write_text(text)
    monkeypatch.syspath_prepend(folder.parent)
    return folder


def load_module(name):
    return hear.load({"name": "mine", "module": name, "weights": "", "use": "scene", "longest_s": 30}, "cpu")


def test_a_module_of_a_package_is_named_by_its_dotted_name(package):
    embedder = load_module(f"{package.name}.base")
    assert embedder.sample_rate == 12000
    np.testing.assert_array_equal(embedder.forward(samples(8)[None])[0, 0], samples(8).reshape(2, 4).mean(0))
    before = embedder.facts["file"]
    (package / "sizes.py").write_text("RATE = 12000  # edited")
    assert load_module(f"{package.name}.base").facts["file"] != before


def test_a_module_that_cannot_be_imported_is_named(package):
    (package / "base.py").write_text("import absent_package")
    with pytest.raises(
        SoundcheckError, match=r"^embedder mine: the module .*\.base cannot be imported: ModuleNotFound"
    ):
        load_module(f"{package.name}.base")


def test_the_file_of_a_package_says_how_to_name_it(package):
    entry = {"name": "mine", "file": str(package / "base.py"), "weights": "", "use": "scene", "longest_s": 30}
    with pytest.raises(SoundcheckError, match=r"relative import .* by a dotted name, as in `hear: package\.module`"):
        hear.load(entry, "cpu")


def test_a_module_may_change_the_working_directory(tmp_path, monkeypatch):
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "rate.txt").write_text("8000")
    (tmp_path / "weights.txt").write_text("w")
    monkeypatch.chdir(tmp_path)
    text = GOOD.replace("import torch", "import os, torch\nos.chdir(os.path.dirname(__file__) + '/theirs')")
    text = text.replace("16000", "int(open('rate.txt').read())").replace(
        "return Model()", "open(model_file_path); return Model()"
    )
    text = text.replace("    return audio", "    os.chdir('/')\n    return audio")
    (tmp_path / "mine.py").write_text(text)
    entry = {"name": "mine", "file": "mine.py", "weights": "weights.txt", "use": "scene", "longest_s": 30}
    embedder = hear.load(entry, "cpu")
    assert embedder.sample_rate == 8000
    embedder.forward(samples(8)[None])
    assert os.getcwd() == str(tmp_path)
    assert all(embedder.facts[key].startswith("sha256:") for key in ("file", "weights"))


def test_a_model_that_calls_exit_leaves_a_clip_out_or_stops_the_job(tmp_path):
    soundfile.write(tmp_path / "a.wav", samples(40) / 80, 16000)
    embedder = load(tmp_path, GOOD.replace("    return audio.reshape(1, -1, 4).mean(1)", "    exit(0)"))
    condition = Condition(str(tmp_path), "clean", [], 0, 16000)
    with pytest.raises(SoundcheckError, match=r"not one of 1 tracks could be embedded; .* mine raised SystemExit: 0"):
        driver.embed(
            [("a", "a.wav", 0.0025)], condition, driver.Model("mine", embedder), tmp_path / "e", tmp_path / "a.csv", {}
        )


def test_long_clips_go_in_pieces_of_equal_length(tmp_path):
    embedder = load(tmp_path, GOOD, longest_s=0.001)
    assert [len(piece) for piece in embedder.cut(samples(16))] == [16]
    assert [len(piece) for piece in embedder.cut(samples(40))] == [14, 13, 13]


def test_a_neighbouring_module_can_be_imported_and_weights_are_passed_on(tmp_path):
    (tmp_path / "beside.py").write_text("RATE = 8000")
    (tmp_path / "weights.pt").write_text("44100")
    text = GOOD.replace("import torch", "import torch\nimport beside").replace("16000", "beside.RATE")
    assert load(tmp_path, text).sample_rate == 8000
    text = GOOD.replace("return Model()", "Model.sample_rate = open(model_file_path).read(); return Model()")
    embedder = load(tmp_path, text, weights=str(tmp_path / "weights.pt"))
    assert embedder.sample_rate == 44100
    assert embedder.facts["weights"].startswith("sha256:")


def test_a_module_with_dropout_is_set_to_evaluate(tmp_path):
    text = GOOD.replace("class Model:", "class Model(torch.nn.Module):")
    text = text.replace("audio.reshape(1, -1, 4).mean(1)", "torch.full((1, 4), float(model.training))")
    assert not load(tmp_path, text).forward(samples(4)[None]).any()


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "import torch",
            "import absent",
            r"mine\.py cannot be imported: ModuleNotFoundError: .*\(line 2 of mine\.py\)",
        ),
        ("import torch", "def broken(:", r"mine\.py cannot be imported: SyntaxError: .*line 2"),
        (
            "import torch",
            "raise SystemExit('no GPU')",
            r"cannot be imported: SystemExit: no GPU \(line 2 of mine\.py\)",
        ),
        ("def load_model", "def load", "has no function load_model, which the HEAR API asks for"),
        ("def get_scene_embeddings", "def scene", "has no function get_scene_embeddings"),
        (
            "return Model()",
            "return open('gone')",
            r"load_model of .* failed: FileNotFoundError: .*\(line 10 of mine\.py\)",
        ),
        ("sample_rate = 16000", "", "has no attribute sample_rate, which the HEAR API asks for"),
        ("scene_embedding_size = 4", "", "has no attribute scene_embedding_size"),
        ("16000", "0", "has sample_rate = 0; expected a whole number above 0"),
        ("16000", "'fast'", "has sample_rate = 'fast'; expected a whole number above 0"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_in_one_line(tmp_path, old, new, message):
    with pytest.raises(SoundcheckError, match=f"^embedder mine: .*{message}") as raised:
        load(tmp_path, GOOD.replace(old, new, 1))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("use", "returned", "message"),
    [
        ("scene", "torch.zeros(1, 3)", r"returned a tensor of shape \(1, 3\); expected \(1, 4\)"),
        ("scene", "torch.zeros(4)", r"returned a tensor of shape \(4,\); expected \(1, 4\)"),
        ("scene", "torch.zeros(2, 4)", r"returned a tensor of shape \(2, 4\)"),
        ("scene", "torch.zeros(1, 1, 4)", r"returned a tensor of shape \(1, 1, 4\)"),
        ("scene", "(torch.zeros(1, 4), 0)", "returned tuple, not a tensor"),
        ("scene", "None", "returned NoneType, not a tensor"),
        ("timestamps", "torch.zeros(1, 2, 4)", "returned Tensor; expected two, embeddings and timestamps"),
        (
            "timestamps",
            "(torch.zeros(1, 4), 0)",
            r"returned a tensor of shape \(1, 4\); expected \(1, n_timestamps, 4\)",
        ),
    ],
)
def test_a_wrong_shape_is_said_with_the_expected_one(tmp_path, use, returned, message):
    function = hear.FUNCTIONS[use]
    text = GOOD + f"\ndef {function}(audio, model):\n    return {returned}\n"
    with pytest.raises(SoundcheckError, match=rf"^embedder mine: {function} of .*mine\.py {message}"):
        load(tmp_path, text, use).forward(samples(8)[None])


def test_numpy_arrays_and_other_precisions_are_taken(tmp_path):
    for returned in ("audio.reshape(1, -1, 4).mean(1).double()", "audio.reshape(1, -1, 4).mean(1).numpy()"):
        frames = load(tmp_path, GOOD.replace("audio.reshape(1, -1, 4).mean(1)", returned)).forward(samples(8)[None])
        assert frames.dtype == np.float32
        assert frames.shape == (1, 1, 4)


@pytest.mark.parametrize("kind", ["float16", "bfloat16", "float64", "int8", "int64", "bool"])
@pytest.mark.parametrize("use", hear.FUNCTIONS)
def test_numbers_of_any_kind_are_read(tmp_path, use, kind):
    text = GOOD.replace(".mean(1)", f".mean(1).to(torch.{kind})").replace("4), torch", f"4).to(torch.{kind}), torch")
    frames = load(tmp_path, text, use).forward(samples(8)[None])
    frames = frames[0] if use == "timestamps" else frames
    expected = samples(8).reshape(1, 2, 4) if use == "timestamps" else samples(8).reshape(1, 2, 4).mean(1)[None]
    np.testing.assert_array_equal(frames, expected != 0 if kind == "bool" else expected)


@pytest.mark.parametrize(
    ("returned", "message"),
    [
        ("torch.zeros(1, 4, dtype=torch.complex64)", "returned an array of complex64"),
        ("np.zeros((1, 4), complex)", "returned an array of complex128"),
        ("np.array([[None, 1, 2, 3]], object)", "returned an array of object"),
        ("np.array([['a'] * 4])", "returned an array of <U1"),
    ],
)
def test_what_is_no_real_number_is_refused(tmp_path, returned, message):
    text = GOOD.replace("import torch", "import torch\nimport numpy as np")
    text = text.replace("audio.reshape(1, -1, 4).mean(1)", returned)
    with pytest.raises(SoundcheckError, match=rf"mine\.py {message}, of shape \(1, 4\); expected real numbers"):
        load(tmp_path, text).forward(samples(8)[None])


def test_a_buffer_that_a_model_uses_again_does_not_change_what_it_returned(tmp_path):
    text = GOOD.replace("def load_model", "buffer = torch.zeros(1, 4)\n\ndef load_model").replace(
        "return audio.reshape(1, -1, 4).mean(1)", "return buffer.copy_(audio.reshape(1, -1, 4).mean(1))"
    )
    embedder = load(tmp_path, text)
    first = embedder.forward(samples(8)[None])
    embedder.forward(samples(16)[None])
    np.testing.assert_array_equal(first, samples(8).reshape(1, 2, 4).mean(1)[None])


def test_a_clip_without_a_frame_gives_none(tmp_path):
    text = GOOD.replace("return audio.reshape(1, -1, 4),", "return audio.reshape(1, -1, 4)[:, :0],")
    frames, times_s = load(tmp_path, text, "timestamps").forward(samples(8)[None])
    assert (frames.shape, times_s.shape) == ((1, 0, 4), (0,))


def test_no_gradients_are_kept(tmp_path):
    text = GOOD.replace("audio.reshape(1, -1, 4).mean(1)", "torch.full((1, 4), float(torch.is_grad_enabled()))")
    assert not load(tmp_path, text).forward(samples(8)[None]).any()
    assert torch.is_grad_enabled()


def test_a_model_that_draws_at_random_gives_the_same_again_in_any_order(tmp_path):
    drawn = "audio.reshape(1, -1, 4).mean(1) + torch.rand(1, 4) + float(numpy.random.rand()) + random.random()"
    text = GOOD.replace("audio.reshape(1, -1, 4).mean(1)", drawn).replace(
        "import torch", "import random\nimport numpy\nimport torch"
    )
    embedder = load(tmp_path, text)
    first, second = (embedder.forward(samples(n)[None]) for n in (8, 12))
    np.testing.assert_array_equal(embedder.forward(samples(12)[None]), second)
    np.testing.assert_array_equal(load(tmp_path, text).forward(samples(8)[None]), first)


def test_a_model_is_called_by_one_thread_at_a_time(tmp_path):
    import soundfile

    from soundcheck.audio.preparation import Condition
    from soundcheck.embedding import driver

    text = GOOD.replace(
        "def get_scene_embeddings(audio, model):\n",
        """
import threading, time
busy = threading.Lock()

def get_scene_embeddings(audio, model):
    assert busy.acquire(blocking=False), "called while it runs"
    time.sleep(0.01)
    busy.release()
""",
    )
    tracks = []
    for number in range(12):
        soundfile.write(tmp_path / f"{number}.wav", np.sin(np.arange(1600 + number)), 16_000)
        tracks.append((f"t{number:02}", f"{number}.wav", 0.1))
    model = driver.Model(
        "mine", load(tmp_path, text.replace("audio.reshape(1, -1, 4)", "audio[:, :8].reshape(1, -1, 4)")), threads=4
    )
    condition = Condition(str(tmp_path), "clean", [], 42, 16_000)
    statistics = driver.embed(tracks, condition, model, tmp_path / "e.parquet", tmp_path / "a.csv", {})
    assert (statistics.n_embedded, statistics.n_left_out) == (12, 0)


TIMED = GOOD.replace("torch.zeros(1, audio.shape[1] // 4)", "100 + 0.25 * torch.arange(audio.shape[1] // 4)[None]")


def test_the_models_own_timestamps_are_the_frames_times(tmp_path):
    soundfile.write(tmp_path / "a.wav", samples(40) / 80, 16000)
    embedder = dataclasses.replace(load(tmp_path, TIMED, "timestamps", longest_s=20 / 16000), pooling="none")
    tracks, condition = [("a", "a.wav", 40 / 16000)], Condition(str(tmp_path), "clean", [], 0, 16000)
    driver.embed(tracks, condition, driver.Model("mine", embedder), tmp_path / "e.parquet", tmp_path / "a.csv", {})
    # Two pieces of 20 samples, each with 5 frames, whose times the model counts from the piece's start.
    own_s = 0.1 + 0.00025 * np.arange(5)
    expected = np.concatenate([own_s, 20 / 16000 + own_s])
    np.testing.assert_allclose(parquet.read(tmp_path / "e.parquet")["time_s"].to_numpy(), expected)


@pytest.mark.parametrize("times", ["torch.zeros(1, 2)", "torch.full((1, 3), float('nan'))", "['0', '4', '8']"])
def test_timestamps_that_are_no_times_of_the_frames_are_refused(tmp_path, times):
    text = GOOD.replace("torch.zeros(1, audio.shape[1] // 4)", times)
    with pytest.raises(
        SoundcheckError, match=r"mine\.py returned timestamps of .*a finite time in ms for each of the 3"
    ):
        load(tmp_path, text, "timestamps").forward(samples(12)[None])
