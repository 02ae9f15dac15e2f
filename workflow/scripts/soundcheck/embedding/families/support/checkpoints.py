"""Whether a checkpoint's tensors are the ones that a network expects."""

from collections.abc import Mapping, Sequence

from soundcheck.plumbing.errors import several


def differences(expected: Mapping[str, Sequence[int]], found: Mapping[str, Sequence[int]]) -> str:
    """What is missing, what is too many, and what has another shape, in one line; empty where all is as expected.

    Both map the name of a tensor to its shape.
    """
    missing = [name for name in expected if name not in found]
    extra = [name for name in found if name not in expected]
    misshapen = [
        f"{name} {tuple(found[name])} instead of {tuple(shape)}"
        for name, shape in expected.items()
        if name in found and tuple(found[name]) != tuple(shape)
    ]
    parts = (("missing", missing), ("unexpected", extra), ("of another shape", misshapen))
    return "; ".join(f"{len(names)} {what}: {several(names)}" for what, names in parts if names)
