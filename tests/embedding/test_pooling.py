"""Pooling: NumPy's mean and deviation over all frames, whatever the windows."""

import numpy as np
import pytest

from soundcheck.embedding.pooling import Pool


@pytest.mark.parametrize("sizes", [[1], [5], [1, 1, 1], [7, 1, 30, 2]])
def test_statistics_equal_numpys_on_the_whole_array(sizes):
    frames = np.random.default_rng(0).normal(1000, 1, (sum(sizes), 4)).astype(np.float32)
    whole = frames.astype(np.float64)
    expected = {
        "mean": whole.mean(axis=0),
        "mean_std": np.concatenate([whole.mean(axis=0), whole.std(axis=0)]),
        "max": whole.max(axis=0),
    }
    for pooling, statistics in expected.items():
        pool = Pool(pooling)
        for block in np.split(frames, np.cumsum(sizes)[:-1]):
            pool.add(block)
        np.testing.assert_allclose(pool.result()[0], statistics, rtol=1e-5, atol=1e-6)
        assert pool.result().dtype == np.float32
