"""Equal to rounding: what is promised of a result in other company, on every processor."""

import numpy as np

# Relative to the largest value. Kernels of a library may sum in another order at another place of a batch.
IN_OTHER_COMPANY = 1e-6


def assert_same_to_rounding(found: np.ndarray, expected: np.ndarray) -> None:
    """All values lie within 1e-6 of the largest of those expected."""
    np.testing.assert_allclose(found, expected, rtol=0, atol=IN_OTHER_COMPANY * np.abs(expected).max())
