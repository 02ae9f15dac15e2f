import numpy as np
import pytest

from soundcheck.datasets.splits.stratification import quantile_bins, stratify


def shares(counts, part_of, n_parts):
    return np.array([counts[part_of == part].sum(axis=0) for part in range(n_parts)]) / counts.sum(axis=0)


def test_each_part_gets_its_share_of_every_label():
    generator = np.random.default_rng(0)
    counts = (generator.random((2000, 20)) < np.linspace(0.01, 0.5, 20)).astype(int)
    part_of = stratify(counts, np.ones(2000, dtype=int), (0.8, 0.1, 0.1), generator)
    assert np.bincount(part_of).tolist() == pytest.approx([1600, 200, 200], abs=10)
    # A label of 20 items cannot come closer than half an item to a tenth.
    expected = np.array([0.8, 0.1, 0.1])[:, None]
    assert np.all(np.abs(shares(counts, part_of, 3) - expected) <= 1.5 / counts.sum(axis=0) + 0.02)


def test_stratified_is_better_than_drawn_at_random():
    generator = np.random.default_rng(1)
    counts = (generator.random((500, 30)) < 0.04).astype(int)
    counts[:3] = 1
    sizes = np.ones(500, dtype=int)
    stratified = shares(counts, stratify(counts, sizes, (0.6, 0.2, 0.2), generator), 3)
    drawn = shares(counts, generator.choice(3, 500, p=(0.6, 0.2, 0.2)), 3)
    expected = np.array([0.6, 0.2, 0.2])[:, None]
    assert np.abs(stratified - expected).mean() < 0.4 * np.abs(drawn - expected).mean()


@pytest.mark.parametrize("n_parts", [3, 5])
@pytest.mark.parametrize("size", [1, 7])
def test_a_label_of_as_many_groups_as_parts_reaches_every_part(n_parts, size):
    fractions = (0.8, 0.1, 0.1) if n_parts == 3 else (0.2,) * 5
    n_labels = 12
    counts = np.repeat(np.eye(n_labels, dtype=int), n_parts, axis=0) * size
    part_of = stratify(counts, counts.sum(axis=1), fractions, np.random.default_rng(0))
    assert np.all(shares(counts, part_of, n_parts) > 0)


def test_groups_of_unequal_size_still_give_parts_of_the_wanted_size():
    generator = np.random.default_rng(2)
    sizes = generator.integers(1, 40, 120)
    counts = np.zeros((120, 6), dtype=int)
    counts[np.arange(120), np.arange(120) % 6] = sizes
    part_of = stratify(counts, sizes, (0.8, 0.1, 0.1), generator)
    found = np.bincount(part_of, sizes) / sizes.sum()
    assert found == pytest.approx([0.8, 0.1, 0.1], abs=0.02)


def test_items_without_any_label_are_shared_out_too():
    counts = np.zeros((100, 4), dtype=int)
    part_of = stratify(counts, np.ones(100, dtype=int), (0.8, 0.1, 0.1), np.random.default_rng(0))
    assert np.bincount(part_of).tolist() == [80, 10, 10]


def test_the_generator_alone_decides():
    counts = np.eye(10, dtype=int)[np.arange(200) % 10]
    sizes = np.ones(200, dtype=int)
    first, again, other = (stratify(counts, sizes, (0.8, 0.1, 0.1), np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_few_large_groups_among_many_small_ones_do_not_spoil_the_shares():
    sizes = np.random.default_rng(0).permutation(np.concatenate([np.full(60, 1), np.full(6, 10)]))
    for seed in range(5):
        part_of = stratify(sizes[:, None], sizes, (0.8, 0.1, 0.1), np.random.default_rng(seed))
        assert np.bincount(part_of, sizes).tolist() == [96, 12, 12]


def test_a_label_of_one_group_goes_to_the_part_that_gets_most():
    part_of = stratify(np.eye(30, dtype=int), np.ones(30, dtype=int), (0.5, 0.3, 0.2), np.random.default_rng(0))
    assert (part_of == 0).all()


def test_of_parts_that_need_a_group_alike_any_may_get_it():
    for counts in (np.ones((1, 1), dtype=int), np.zeros((1, 1), dtype=int)):
        drawn = {
            int(stratify(counts, np.ones(1, dtype=int), (1 / 3,) * 3, np.random.default_rng(seed))[0])
            for seed in range(40)
        }
        assert drawn == {0, 1, 2}


@pytest.mark.parametrize(("n", "n_bins"), [(9, 1), (19, 1), (20, 2), (99, 9), (100, 10), (240, 10)])
def test_bins_are_quantiles_of_ten_items_and_more(n, n_bins):
    values = np.random.default_rng(n).permutation(n)[:, None] / 7
    bins = quantile_bins(np.hstack([values, -values]))
    assert np.bincount(bins[:, 0]).tolist() == pytest.approx([n / n_bins] * n_bins, abs=1)
    order = values[:, 0].argsort()
    assert (np.diff(bins[order, 0]) >= 0).all()
    assert (np.diff(bins[order, 1]) <= 0).all()


def test_equal_values_are_in_the_same_bin():
    values = np.repeat([1.0, 2.0, 3.0], [5, 90, 5])[:, None]
    assert len({*quantile_bins(values)[5:95, 0]}) == 1
    assert quantile_bins(np.array([[0.0]] * 50 + [[1.0]] * 50))[[0, 99], 0].tolist() == [4, 9]
