"""Embedders of folders as the Hugging Face hub holds them, for tests."""

import json

import numpy as np

from soundcheck.embedding.families import huggingface

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


def frames_of(embedder, samples):
    """The frames `(frames, dimension)` of a clip whose windows differ in length, one window after the other."""
    found = [embedder.forward(window[None]) for window in embedder.cut(samples)]
    return np.concatenate([frames[0] if isinstance(frames, tuple) else frames for frames in found], axis=1)[0]


def edit(path, **changes):
    """Other settings in a file of JSON."""
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
