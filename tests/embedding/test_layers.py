"""Layers are cut from the embeddings of one pass: the mean of those asked for, row by row."""

import numpy as np
import pytest

from soundcheck import parquet
from soundcheck.embedding import store
from soundcheck.embedding.layers import cut_layers
from soundcheck.plumbing.errors import SoundcheckError

N_LAYERS, DIM = 3, 4


def written(path, rows, pooling="mean", times_s=None):
    metadata = {"n_layers": N_LAYERS, "pooling": pooling, "embedder": "deep"}
    with store.EmbeddingsWriter(path, rows.shape[1], metadata) as writer:
        for place, row in enumerate(rows):
            writer.add(f"t{place:04}", row[None], None if times_s is None else times_s[place : place + 1])
    return path


@pytest.fixture
def rows():
    return np.random.default_rng(0).normal(size=(1500, N_LAYERS * DIM)).astype(np.float32)


@pytest.mark.parametrize("layers", [[0], [2], [0, 2], [2, 0], [0, 1, 2]])
def test_the_mean_of_layers_is_numpys(tmp_path, rows, layers):
    cut_layers(written(tmp_path / "all.parquet", rows), layers, tmp_path / "cut.parquet")
    track_ids, cut = store.read(tmp_path / "cut.parquet")
    expected = rows.reshape(-1, N_LAYERS, DIM).astype(np.float64)[:, sorted(layers)].mean(axis=1)
    assert track_ids == [f"t{place:04}" for place in range(len(rows))]
    np.testing.assert_allclose(cut, expected, rtol=0, atol=1e-6)
    assert parquet.metadata(tmp_path / "cut.parquet")["dimension"] == DIM


def test_one_layer_is_that_layer_to_the_last_bit(tmp_path, rows):
    cut_layers(written(tmp_path / "all.parquet", rows), [1], tmp_path / "cut.parquet")
    np.testing.assert_array_equal(store.read(tmp_path / "cut.parquet")[1], rows[:, DIM : 2 * DIM])


def test_deviations_follow_the_means(tmp_path):
    rows = np.arange(2 * N_LAYERS * DIM, dtype=np.float32)[None]
    path = written(tmp_path / "all.parquet", rows, "mean_std")
    cut_layers(path, [2], tmp_path / "cut.parquet")
    np.testing.assert_array_equal(store.read(tmp_path / "cut.parquet")[1][0], np.r_[rows[0, 8:12], rows[0, 20:24]])


def test_frames_keep_their_times(tmp_path, rows):
    times = np.arange(len(rows)) / 10
    cut_layers(written(tmp_path / "all.parquet", rows, "none", times), [0], tmp_path / "cut.parquet")
    assert parquet.read(tmp_path / "cut.parquet")["time_s"].to_pylist() == times.tolist()


def test_a_layer_that_is_not_there_is_an_error(tmp_path, rows):
    with pytest.raises(SoundcheckError, match="layers 0 to 2; there is no layer 3"):
        cut_layers(written(tmp_path / "all.parquet", rows), [3], tmp_path / "cut.parquet")
