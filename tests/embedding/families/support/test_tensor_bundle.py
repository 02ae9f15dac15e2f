"""TensorFlow's checkpoints, against what TensorFlow itself writes."""

import shutil

import numpy as np
import pytest
from models.neuralfp_model import in_tensorflow

from soundcheck.embedding.families.support import tensor_bundle

WRITE = """
import numpy as np, tensorflow as tf
root = tf.train.Checkpoint()
root.layers = [tf.Module() for _ in range(300)]
for number, layer in enumerate(root.layers):
    layer.kernel = tf.Variable(np.arange(number, number + 6, dtype=np.float32).reshape(2, 3))
root.scalar = tf.Variable(2.5)
root.empty = tf.Variable(np.zeros((0, 4), np.float32))
root.double = tf.Variable(np.float64([1, 2]))
root.half = tf.Variable(np.float16([1, 2]))
root.text = tf.Variable("words")
root.save({prefix!r})
"""


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("checkpoint")
    in_tensorflow(WRITE.format(prefix=str(folder / "ckpt")))
    return folder / "ckpt-1"


@pytest.fixture
def copy(written, tmp_path):
    for file in written.parent.glob(f"{written.name}.*"):
        shutil.copy(file, tmp_path)
    return tmp_path / written.name


def test_every_number_that_tensorflow_wrote_is_read(written):
    read = tensor_bundle.read(written)
    for number in range(300):
        kernel = np.arange(number, number + 6, dtype=np.float32).reshape(2, 3)
        np.testing.assert_array_equal(read.pop(f"layers/{number}/kernel"), kernel, strict=True)
    assert read.pop("scalar") == np.float32(2.5)
    assert read.pop("empty").shape == (0, 4)
    np.testing.assert_array_equal(read.pop("double"), np.float64([1, 2]), strict=True)
    np.testing.assert_array_equal(read.pop("half"), np.float16([1, 2]), strict=True)
    assert list(read) == ["save_counter"]


def test_its_files_are_named(written):
    assert [file.name for file in tensor_bundle.data_files(written)] == ["ckpt-1.data-00000-of-00001"]
    assert tensor_bundle.index_file(written).is_file()


def test_a_missing_file_is_named(copy):
    data = tensor_bundle.data_files(copy)[0]
    data.unlink()
    with pytest.raises(FileNotFoundError, match=data.name):
        tensor_bundle.read(copy)


def test_data_that_are_cut_short_are_told(copy):
    data = tensor_bundle.data_files(copy)[0]
    data.write_bytes(data.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"data-00000-of-00001 ends at byte 1,000; expected at least"):
        tensor_bundle.read(copy)


def test_an_index_that_is_cut_short_or_something_else_is_told(copy):
    index = tensor_bundle.index_file(copy)
    whole = index.read_bytes()
    for content in (b"", b"<html></html>" * 100, whole[:-1], whole[100:]):
        index.write_bytes(content)
        with pytest.raises(ValueError, match="index"):
            tensor_bundle.read(copy)


def test_a_damaged_index_is_told_or_read_and_never_anything_else(copy):
    index = tensor_bundle.index_file(copy)
    whole = index.read_bytes()
    rng = np.random.default_rng(0)
    for place in rng.integers(0, len(whole), 200):
        damaged = bytearray(whole)
        damaged[place] ^= int(rng.integers(1, 256))
        index.write_bytes(damaged)
        try:
            tensor_bundle.read(copy)
        except (ValueError, OSError):
            continue
