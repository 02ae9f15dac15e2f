"""Windows: every sample is covered, also of the shortest clip."""

import numpy as np
import pytest

from soundcheck.embedding.families.support import windows


@pytest.mark.parametrize("length", [1, 320, 799, 800, 801, 16_000])
def test_centred_windows_are_centred_on_multiples_of_the_hop(length):
    samples = np.arange(1, length + 1, dtype=np.float32)
    cut = windows.centred(samples, 1024, 800)
    assert cut.shape == (1 + length // 800, 1024)
    for index, window in enumerate(cut):
        if index * 800 < length:
            assert window[512] == samples[index * 800]


@pytest.mark.parametrize(("length", "longest"), [(1, 100), (100, 100), (106, 100), (950, 100), (931, 100), (1005, 100)])
def test_pieces_cover_the_clip_once_and_are_nearly_equal(length, longest):
    samples = np.arange(length)
    cut = windows.pieces(samples, longest)
    np.testing.assert_array_equal(np.concatenate(cut), samples)
    assert max(map(len, cut)) <= 1.05 * longest
    assert max(map(len, cut)) - min(map(len, cut)) <= 1
    assert len(cut) in (-(-length // longest), length // longest)


# In tenths of a millisecond: what GTZAN's clips of 30 s last, and the first that is two.
GTZAN = [299_300, 300_000, 300_100, 300_800, 306_500, 315_000]


@pytest.mark.parametrize("length", GTZAN)
def test_a_clip_that_is_a_little_longer_is_not_halved(length):
    samples = np.arange(length)
    assert [len(piece) for piece in windows.pieces(samples, 300_000)] == [length]
    assert [len(piece) for piece in windows.pieces(samples, 300_000, 300_000)] == [min(length, 300_000)]
    for tenth in windows.full(samples, 100_000), windows.equal(samples, 100_000), windows.pieces(samples, 100_000):
        assert len(tenth) == (4 if length > 305_000 else 3)
    assert [len(piece) for piece in windows.pieces(np.arange(315_001), 300_000)] == [157_501, 157_500]


def test_where_every_sample_counts_a_model_that_takes_no_more_gets_one_piece_more():
    samples = np.arange(61)
    assert [len(piece) for piece in windows.pieces(samples, 30, 30)] == [30, 30]
    pieces = windows.pieces(samples, 30, 30, is_cut=False)
    np.testing.assert_array_equal(np.concatenate(pieces), samples)
    assert max(map(len, pieces)) <= 30
    assert [len(piece) for piece in windows.pieces(samples, 30, 40, is_cut=False)] == [31, 30]


@pytest.mark.parametrize("cut", [windows.full, windows.equal])
def test_windows_are_full_and_the_last_ends_with_the_clip_but_for_a_twentieth(cut):
    for length, last in ((100, 0), (105, 0), (106, 6), (180, 80), (204, 100), (212, 112)):
        found = cut(np.arange(length), 100)
        assert all(len(window) == 100 for window in found)
        assert [window[0] for window in found[:-1]] == list(range(0, 100 * (len(found) - 1), 100))
        assert found[-1][0] == last
    assert len(cut(np.arange(60), 100)[0]) == (60 if cut is windows.full else 100)
