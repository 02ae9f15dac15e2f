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


@pytest.mark.parametrize(("length", "longest"), [(1, 10), (10, 10), (11, 10), (95, 10)])
def test_pieces_cover_the_clip_once_and_are_nearly_equal(length, longest):
    samples = np.arange(length)
    cut = windows.pieces(samples, longest)
    np.testing.assert_array_equal(np.concatenate(cut), samples)
    assert max(map(len, cut)) <= longest
    assert max(map(len, cut)) - min(map(len, cut)) <= 1
