"""The store of embeddings: what was written is read, in order, and a file that is there is whole."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from soundcheck import parquet
from soundcheck.embedding import store

DIMENSION = 64


def write(path, rows):
    with store.EmbeddingsWriter(path, DIMENSION, {"recipe": "noise"}) as writer:
        for track_id, values, times_s in rows:
            writer.add(track_id, values, times_s)


def noise(n_rows, seed=0):
    return np.random.default_rng(seed).normal(size=(n_rows, DIMENSION)).astype(np.float32)


def test_rows_come_back_to_the_bit_in_more_than_one_row_group(tmp_path):
    n_tracks = store.EmbeddingsWriter.ROW_GROUP + 7
    values = noise(n_tracks)
    write(tmp_path / "e.parquet", [(f"note {at}", values[at : at + 1], None) for at in range(n_tracks)])
    track_ids, read = store.read(tmp_path / "e.parquet")
    assert track_ids == [f"note {at}" for at in range(n_tracks)]
    assert read.tobytes() == values.tobytes()
    assert pq.ParquetFile(tmp_path / "e.parquet").num_row_groups == 2
    assert parquet.metadata(tmp_path / "e.parquet") == {"recipe": "noise", "dimension": DIMENSION}


def test_frames_keep_their_track_and_their_times(tmp_path):
    write(tmp_path / "e.parquet", [("a", noise(2), [0.0, 0.05]), ("b", noise(1, seed=1), None)])
    table = parquet.read(tmp_path / "e.parquet")
    assert table["track_id"].to_pylist() == ["a", "a", "b"]
    assert table["time_s"].to_pylist() == [0.0, 0.05, None]


def test_a_file_is_hardly_larger_than_its_floats(tmp_path):
    values = noise(1000)
    write(tmp_path / "e.parquet", [(f"note {at}", values[at : at + 1], None) for at in range(len(values))])
    assert (tmp_path / "e.parquet").stat().st_size < 1.1 * values.nbytes


@pytest.mark.parametrize("wrong", [np.full((1, DIMENSION), np.nan, np.float32), np.zeros((1, 3), np.float32)])
def test_values_that_are_not_finite_or_of_another_dimension_leave_no_file(wrong, tmp_path):
    with pytest.raises(ValueError, match="embeddings of b"):
        write(tmp_path / "e.parquet", [("a", noise(1), None), ("b", wrong, None)])
    assert list(tmp_path.iterdir()) == []
