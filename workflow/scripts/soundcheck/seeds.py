"""Seeds that depend on what they are for, and on nothing else."""

import hashlib


def seed_for(base: int, *names: object) -> int:
    """A 32-bit seed from the base seed and the names of the axes that it serves.

    The same names give the same seed in any order of work, process or machine, so that one track's noise never
    depends on which tracks came before it.
    """
    text = "|".join([str(base), *map(str, names)])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
