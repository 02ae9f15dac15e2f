"""Metrics of key estimation over the 24 major and minor keys.

Conventions
-----------
Keys are named `C major`, `C# major`, ..., `B minor`: sharps, lower-case mode. Each item has one true key and one
estimated key, the highest of its scores. An estimate is worth (MIREX; `mir_eval.key.weighted_score`):

- 1.0 for the true key,
- 0.5 for the same mode a perfect fifth above it,
- 0.3 for its relative key,
- 0.2 for its parallel key (same tonic, other mode),
- 0.0 for every other key.
"""

from collections.abc import Sequence

import numpy as np

from soundcheck.keys import KEYS, TONICS
from soundcheck.plumbing.errors import SoundcheckError
from soundcheck.scoring.metrics.classification import counted, weighted_mean
from soundcheck.scoring.metrics.means import mean_of_defined


def _tenths(true_key: str, estimated_key: str) -> int:
    true, true_mode = _parsed(true_key)
    estimated, estimated_mode = _parsed(estimated_key)
    interval = (estimated - true) % 12
    if true_mode == estimated_mode:
        return {0: 10, 7: 5}.get(interval, 0)
    relative = 9 if true_mode == "major" else 3
    return {relative: 3, 0: 2}.get(interval, 0)


def _parsed(key: str) -> tuple[int, str]:
    tonic, _, mode = key.partition(" ")
    if tonic not in TONICS or mode not in ("major", "minor"):
        raise SoundcheckError(f"{key!r} is not a key: keys are written {KEYS[0]!r}, {KEYS[1]!r}, ..., {KEYS[-1]!r}")
    return TONICS.index(tonic), mode


def similarity(labels: Sequence[str]) -> np.ndarray:
    """The worth (n_labels, n_labels) of each estimated key (columns) for each true key (rows), in tenths.

    Raises
    ------
    ValueError
        For a label that is not one of the 24 keys.
    """
    return np.array([[_tenths(true, estimated) for estimated in labels] for true in labels])


def key_score(
    y_true: np.ndarray, y_score: np.ndarray, labels: Sequence[str], weights: np.ndarray | None = None
) -> tuple[float | np.ndarray, None]:
    """Mean worth of the estimates over the items."""
    return weighted_mean(_worth(y_true, y_score, labels)[:, None], weights)[..., 0][()] / 10, None


def key_score_macro(
    y_true: np.ndarray, y_score: np.ndarray, labels: Sequence[str], weights: np.ndarray | None = None
) -> tuple[float | np.ndarray, np.ndarray]:
    """Mean over the true keys that are present of the mean worth of the estimates for that key (NaN where absent)."""
    worth = _worth(y_true, y_score, labels)
    totals = counted(worth[:, None] * y_true, weights)
    present = counted(y_true, weights)
    with np.errstate(invalid="ignore"):
        per_key = np.where(present > 0, totals / present / 10, np.nan)
    return mean_of_defined(per_key)[()], per_key


def _worth(y_true: np.ndarray, y_score: np.ndarray, labels: Sequence[str]) -> np.ndarray:
    return similarity(labels)[y_true.argmax(axis=1), y_score.argmax(axis=1)]
