import numpy as np

from soundcheck.scoring.bootstrap import percentile_interval, resample_counts


def test_each_resample_draws_as_many_items_as_there_are():
    counts = resample_counts(37, 100, 0)
    assert counts.shape == (100, 37)
    assert (counts.sum(axis=1) == 37).all()
    assert abs(counts.mean(axis=0) - 1).max() < 0.5


def test_the_same_seed_gives_the_same_resamples_and_another_seed_others():
    assert np.array_equal(resample_counts(50, 20, 7), resample_counts(50, 20, 7))
    assert not np.array_equal(resample_counts(50, 20, 7), resample_counts(50, 20, 8))


def test_more_resamples_begin_with_the_same_ones():
    assert np.array_equal(resample_counts(50, 40, 7)[:20], resample_counts(50, 20, 7))


def test_the_interval_equals_numpy_s_percentiles():
    values = np.random.default_rng(0).normal(size=(333, 4))
    values[::3, 1] = np.nan
    values[1:, 2] = np.nan
    low, high = percentile_interval(values)
    np.testing.assert_allclose(low, np.nanpercentile(values, 2.5, axis=0))
    np.testing.assert_allclose(high, np.nanpercentile(values, 97.5, axis=0))


def test_without_any_value_the_interval_is_not_a_number():
    low, high = percentile_interval(np.full((10, 1), np.nan))
    assert np.isnan(low).all()
    assert np.isnan(high).all()


def test_the_interval_covers_the_true_accuracy_about_as_often_as_it_says():
    generator = np.random.default_rng(0)
    covered = 0
    for trial in range(300):
        correct = generator.random(150) < 0.7
        values = (resample_counts(150, 300, trial) @ correct) / 150
        low, high = percentile_interval(values)
        covered += low <= 0.7 <= high
    assert 0.90 <= covered / 300 <= 0.99
