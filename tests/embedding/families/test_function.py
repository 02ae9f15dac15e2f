"""A plain Python function as a model: what it returns are the frames, what it does wrong is said in one line."""

import numpy as np
import pytest
import soundfile

from soundcheck.audio.preparation import Condition
from soundcheck.embedding import driver, store
from soundcheck.embedding.families import function
from soundcheck.plumbing import files
from soundcheck.plumbing.errors import SoundcheckError

RATE = 1000
GOOD = """
import numpy as np

def features(samples, sample_rate):
    return np.array([samples.mean(), samples.std(), sample_rate])
"""


def load(folder, text=GOOD, **entry):
    (folder / "mine.py").write_text(text)
    keys = {"file": str(folder / "mine.py"), "function": "features", "sample_rate": RATE, "longest_s": 2}
    return function.load({"family": "function", "name": "mine"} | keys | entry, "cpu")


def returning(expression):
    return f"import numpy as np\n\ndef features(samples, sample_rate):\n    return {expression}\n"


def samples(n):
    return np.arange(n, dtype=np.float32) / n


def test_a_vector_is_one_frame_of_the_declared_rate(tmp_path):
    embedder = load(tmp_path)
    assert (embedder.sample_rate, embedder.dimension, embedder.batch_size) == (RATE, 3, 1)
    clip = samples(500)
    frames = embedder.forward(clip[None])
    assert (frames.shape, frames.dtype) == ((1, 1, 3), np.float32)
    np.testing.assert_allclose(frames[0, 0], [clip.mean(), clip.std(), RATE], rtol=1e-6)


@pytest.mark.parametrize(
    "expression",
    [
        "samples[:9].reshape(3, 3)",
        "samples[:9].reshape(3, 3).astype(np.float64)",
        "samples[:9].reshape(3, 3).tolist()",
        "__import__('torch').from_numpy(samples[:9].reshape(3, 3)).requires_grad_()",
        "__import__('torch').from_numpy(samples[:9].reshape(3, 3)).to_sparse()",
        "list(samples[:9].reshape(3, 3))",
    ],
)
def test_frames_are_taken_as_they_are_from_arrays_lists_and_tensors(tmp_path, expression):
    embedder = load(tmp_path, returning(expression))
    assert embedder.dimension == 3
    np.testing.assert_array_equal(embedder.forward(samples(20)[None]), samples(20)[None, :9].reshape(1, 3, 3))


def test_a_clip_goes_through_whole_a_long_one_in_pieces_of_equal_length(tmp_path):
    cut = load(tmp_path, longest_s=0.1).cut
    assert [len(piece) for piece in cut(samples(20))] == [20]
    assert [len(piece) for piece in cut(samples(100))] == [100]
    assert [len(piece) for piece in cut(samples(250))] == [84, 83, 83]


def test_a_function_that_draws_at_random_gives_the_same_again_in_any_order(tmp_path):
    text = "import random\n" + returning("samples[:2] + np.random.rand() + random.random()")
    embedder = load(tmp_path, text)
    first, second = (embedder.forward(samples(n)[None]) for n in (8, 12))
    np.testing.assert_array_equal(embedder.forward(samples(12)[None]), second)
    np.testing.assert_array_equal(load(tmp_path, text).forward(samples(8)[None]), first)


def test_a_file_may_import_its_neighbours_and_define_what_looks_its_module_up(tmp_path):
    (tmp_path / "beside_mine.py").write_text("SIZE = 5")
    text = """
from __future__ import annotations
import copy, pickle
from dataclasses import dataclass
import numpy as np
import beside_mine

@dataclass
class Settings:
    size: int = beside_mine.SIZE

def features(samples, sample_rate):
    return np.zeros(pickle.loads(pickle.dumps(Settings())).size)
"""
    assert load(tmp_path, text).dimension == 5


def test_the_file_is_recorded_and_an_edit_changes_the_record(tmp_path):
    first, second = (load(tmp_path, text).facts for text in (GOOD, GOOD + "# edited"))
    assert first["file"].startswith("sha256:")
    assert first["file"] != second["file"]


@pytest.mark.parametrize(
    ("text", "entry", "message"),
    [
        ("import absent", {}, r"mine\.py cannot be imported: ModuleNotFoundError: .*\(line 1 of mine\.py\)"),
        ("raise SystemExit('no GPU')", {}, r"mine\.py cannot be imported: SystemExit: no GPU"),
        (GOOD, {"function": "feature"}, r"has no function 'feature' .did you mean 'features'\?"),
        (GOOD + "\nSIZE = 4", {"function": "SIZE"}, r"has no function 'SIZE'"),
        (GOOD, {"sample_rate": 0}, "sample_rate is 0; give the rate that the model was made for"),
        (returning("1 / 0"), {}, r"failed on a second of quiet noise: ZeroDivisionError: .* \(line 4 of mine\.py\)"),
        (returning("exit(3)"), {}, "failed on a second of quiet noise: SystemExit: 3"),
        (
            returning("None"),
            {},
            r"mine\.py returned NoneType; expected an array of numbers, \(dim,\) or \(n_frames, dim",
        ),
        (returning("3.0"), {}, "returned float; expected"),
        (returning("np.zeros((1, 2, 3))"), {}, r"returned an array of float64, of shape \(1, 2, 3\); expected"),
        (returning("np.float64(1)"), {}, r"returned an array of float64, of shape \(\); expected"),
        (returning("np.array(['a'])"), {}, "returned an array of <U1, of shape"),
        (
            returning("np.zeros(4, complex)"),
            {},
            r"returned an array of complex128, of shape \(4,\); expected an array of",
        ),
        (returning("np.array([1, None])"), {}, "returned an array of object, of shape"),
        (returning("[[1, 2], [3]]"), {}, "returned rows of different lengths"),
        (returning("np.zeros((0, 4))"), {}, r"returned an empty array, of shape \(0, 4\), for a second of quiet noise"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path, text, entry, message):
    with pytest.raises(SoundcheckError, match=f"^embedder mine: .*{message}") as raised:
        load(tmp_path, text, **entry)
    assert "\n" not in str(raised.value)


def test_a_missing_file_and_one_that_is_not_python_are_named(tmp_path):
    with pytest.raises(SoundcheckError, match=r"^embedder mine: there is no file .*gone\.py"):
        load(tmp_path, file=str(tmp_path / "gone.py"))
    (tmp_path / "mine.txt").write_text(GOOD)
    with pytest.raises(SoundcheckError, match=r"mine\.txt is not a Python file: its name must end in \.py"):
        load(tmp_path, file=str(tmp_path / "mine.txt"))


def test_a_clip_with_a_vector_of_another_size_is_left_out_with_the_reason(tmp_path):
    text = returning("np.full(3 if len(samples) > 100 else 2, samples.max()) if len(samples) != 200 else None")
    tracks = []
    for number, n in enumerate((50, 500, 500, 500, 200)):
        soundfile.write(tmp_path / f"{number}.wav", np.sin(np.arange(n) / 3), RATE)
        tracks.append((f"t{number}", f"{number}.wav", n / RATE))
    model = driver.Model("mine", load(tmp_path, text), threads=2)
    condition = Condition(str(tmp_path), "clean", [], 42, RATE)
    statistics = driver.embed(tracks, condition, model, tmp_path / "e", tmp_path / "a.csv", {})
    assert (statistics.n_embedded, statistics.n_failed_in_model) == (3, 2)
    assert store.read(tmp_path / "e")[0] == ["t1", "t2", "t3"]
    reasons = [row["left_out"] for row in files.read_rows(tmp_path / "a.csv")]
    assert "returned 2 values; for a second of quiet noise 3" in reasons[0]
    assert "returned NoneType" in reasons[4]
    assert reasons[1:4] == [""] * 3
