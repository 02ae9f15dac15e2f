"""A batch that the memory of a GPU does not hold is computed in parts, and nothing else changes."""

import functools

import numpy as np
import pytest
import soundfile
import torch

from soundcheck.audio.preparation import Condition
from soundcheck.embedding import driver, store
from soundcheck.embedding.families import Embedder
from soundcheck.embedding.families.support import windows
from soundcheck.plumbing.errors import SoundcheckError

RATE = 8000


class ResourceExhaustedError(Exception):
    """As TensorFlow names it."""


@pytest.fixture
def embed(tmp_path):
    """Embeds a few clips on a GPU whose memory holds so many windows; vectors by track, and sizes of batches."""
    for number in range(4):
        soundfile.write(tmp_path / f"{number}.wav", np.full(5 * RATE, number / 10), RATE)
    tracks = [(f"t{number}", f"{number}.wav", 5.0) for number in range(4)]

    def run(holds, error=torch.OutOfMemoryError, batch_size=8, threads=1):
        sizes = []

        def forward(batch):
            if len(batch) > holds:
                raise error(f"cannot hold {len(batch)}")
            sizes.append(len(batch))
            return batch.mean(axis=1)[:, None, None]

        cut = functools.partial(windows.pieces, longest=RATE)
        embedder = Embedder(RATE, 1, cut, forward, batch_size)
        model = driver.Model("model", embedder, threads, on_gpu=True)
        target = tmp_path / "embeddings.parquet"
        driver.embed(tracks, Condition(str(tmp_path), "clean", [], 0, RATE), model, target, tmp_path / "audio.csv", {})
        return dict(zip(*store.read(target), strict=True)), sizes

    return run


@pytest.mark.parametrize("error", [torch.OutOfMemoryError, ResourceExhaustedError])
@pytest.mark.parametrize("threads", [1, 3])
def test_batches_are_halved_until_they_fit_and_stay_so(embed, error, threads, capsys):
    whole, _ = embed(8)
    halved, sizes = embed(3, error, threads=threads)
    assert halved.keys() == whole.keys()
    assert all(np.array_equal(halved[track], whole[track]) for track in whole)
    assert set(sizes) == {2}
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("note: the GPU's memory")]
    assert "does not hold 8 windows of model at once: 4 from now on" in told[0]
    assert "does not hold 4 windows of model at once: 2 from now on" in told[-1]


def test_a_single_window_that_does_not_fit_stops(embed):
    with pytest.raises(SoundcheckError, match="OutOfMemoryError: cannot hold 1"):
        embed(0)


def test_other_errors_halve_nothing(embed):
    with pytest.raises(SoundcheckError, match="ValueError: cannot hold 8"):
        embed(3, ValueError)
