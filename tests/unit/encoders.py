"""Embedders of folders as the Hugging Face hub holds them, for tests."""

import json

import numpy as np

from soundcheck.embedders import huggingface

RATE = 24_000
RNG = np.random.default_rng(0)


def noise(n):
    """Quiet noise, one channel."""
    return RNG.normal(0, 0.1, n).astype(np.float32)


def load(folder, **options):
    """An embedder of a folder."""
    return huggingface.load({"family": "huggingface", "name": "mine", "weights": str(folder), **options}, "cpu")


def embedded(embedder, samples):
    """The frames of a clip, one window after the other, by way of batches of constant size."""
    frames = []
    for window in embedder.cut(samples):
        batch = np.zeros((embedder.batch_size, len(window)), np.float32)
        batch[0] = window
        frames.append(embedder.forward(batch)[0])
    return np.concatenate(frames)


def edit(path, **changes):
    """Other settings in a file of JSON."""
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
