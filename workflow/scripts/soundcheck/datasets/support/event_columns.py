"""The events of a table of tracks, checked against the audio."""

import math

import pandas as pd

from soundcheck.events import fault


def with_faults(tracks: pd.DataFrame) -> pd.Series:
    """The column `events`, (n_tracks,): lists of events, None, or in their place the reason why they cannot be."""
    durations = tracks["duration_s"] if "duration_s" in tracks else [math.nan] * len(tracks)
    values = []
    for events, duration_s in zip(tracks["events"], durations, strict=True):
        own = None if events is None or isinstance(events, float) else list(events)
        values.append(own if own is None else fault(own, duration_s) or own)
    return pd.Series(values, index=tracks.index, dtype=object)
