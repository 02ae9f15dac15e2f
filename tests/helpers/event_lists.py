"""Lists of events, drawn at random, of tracks that overlap in time and label as true ones do."""

import numpy as np

from soundcheck.events import Event, written
from soundcheck.scoring.labels import as_objects


def random_events(n=20, labels="abc", decimals=None, seed=0):
    """The true and the estimated events of n tracks: shifted, relabelled, missing and added ones; some have none."""
    generator = np.random.default_rng(seed)
    tracks = [], []
    for number in range(n):
        true, found = [], []
        for _ in range(0 if number % 7 == 3 else generator.integers(1, 9)):
            onset_s, length_s = generator.uniform(0, 6), generator.exponential(0.7)
            true.append((onset_s, onset_s + length_s, labels[generator.integers(len(labels))]))
        for onset_s, offset_s, label in true * int(number % 5 != 2):
            if generator.random() < 0.8:
                shift = generator.normal(0, 0.12, 2)
                label = label if generator.random() < 0.8 else labels[generator.integers(len(labels))]
                found.append((onset_s + shift[0], max(onset_s + shift[0], offset_s + shift[1]), label))
        for _ in range(generator.integers(0, 3)):
            onset_s = generator.uniform(0, 6)
            found.append((onset_s, onset_s + 0.4, labels[generator.integers(len(labels))]))
        for kept, events in zip(tracks, (true, found), strict=True):
            kept.append(texts(events, 3 if decimals is None else decimals))
    return tuple(map(as_objects, tracks))


def texts(events, decimals=9):
    """Events as text, their times rounded and not below zero."""
    rounded = ((abs(round(float(onset), decimals)), abs(round(float(offset), decimals)), label)
               for onset, offset, label in events)  # fmt: skip
    return [written(Event(onset, max(onset, offset), label)) for onset, offset, label in sorted(rounded)]
