"""What happens to embeddings before a probe sees them: standardisation, and reduction by principal components."""

import numpy as np

from soundcheck.plumbing.errors import SoundcheckError

# The share of the variance that PCA keeps where the number of components is not given.
_PCA_VARIANCE = 0.95


def standardisation(X: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mean and scale (dim,) of embeddings (n, dim): the standard deviation, or 1 where a value does not vary."""
    mean = X.mean(axis=0, dtype=np.float64)
    deviation = X.std(axis=0, dtype=np.float64)
    varies = deviation > np.finfo(np.float32).eps * np.abs(mean)
    return mean.astype(np.float32), np.where(varies, deviation, 1).astype(np.float32)


def identity(dim: int) -> tuple[np.ndarray, np.ndarray]:
    return np.zeros(dim, np.float32), np.ones(dim, np.float32)


def principal_components(X: np.ndarray, wanted: int | float | None) -> np.ndarray:
    """The first principal axes (n_components, dim) of centred embeddings (n, dim).

    `wanted` is a count, or a share of the variance between 0 and 1 of which the fewest sufficient components are
    kept, or None for a share of 0.95. Each axis points to where its largest coordinate is positive.

    Raises
    ------
    ValueError
        For a count below 1 or beyond what `n` items of `dim` values have, or a share outside of (0, 1).
    """
    wanted = _PCA_VARIANCE if wanted is None else wanted
    limit = min(X.shape)
    _, singular_values, axes = np.linalg.svd(X.astype(np.float64), full_matrices=False)
    if isinstance(wanted, float) and 0 < wanted < 1:
        shares = np.cumsum(singular_values**2) / max(np.sum(singular_values**2), np.finfo(float).tiny)
        count = min(int(np.searchsorted(shares, wanted)) + 1, limit)
    elif wanted >= 1 and wanted == int(wanted) and wanted <= limit:
        count = int(wanted)
    else:
        raise SoundcheckError(
            f"pca_components: {wanted} is neither a count from 1 to {limit} nor a share between 0 and 1"
        )
    axes = axes[:count]
    largest = np.abs(axes).argmax(axis=1)
    return (axes * np.sign(axes[np.arange(count), largest])[:, None]).astype(np.float32)


def transform(X: np.ndarray, mean: np.ndarray, scale: np.ndarray, components: np.ndarray | None) -> np.ndarray:
    """Standardise embeddings (n, dim), and project them to (n, n_components) where there are components."""
    standardised = ((X - mean) / scale).astype(np.float32, copy=False)
    return standardised if components is None else standardised @ components.T
