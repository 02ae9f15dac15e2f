"""Groups of tracks that belong together because they share something."""

from collections import Counter
from collections.abc import Mapping, Sequence

# They tell groups and digests apart, and sort before each other in this order.
_GROUP, _DIGEST = "0", "1"


def connected(groups: Sequence[Sequence[str]]) -> list[str | None]:
    """One group for tracks that are connected by shared values, named after the first of them in the alphabet."""
    parent: dict[str, str] = {}

    def root(value: str) -> str:
        while parent.setdefault(value, value) != value:
            parent[value] = value = parent[parent[value]]
        return value

    for values in groups:
        for value in values:
            first, other = sorted((root(values[0]), root(value)))
            parent[other] = first
    return [root(values[0]) if values else None for values in groups]


def with_equal_audio(
    track_ids: Sequence[str], groups: Sequence[object], digests: Mapping[str, str | None]
) -> list[str | None]:
    """The groups of tracks, those together in which some audio is equal; None for a track that shares nothing.

    `digests` are those of the tracks' samples, where they are known. What equal audio connects is named after its first
    group, else after the digest.
    """
    values = []
    for track_id, group in zip(track_ids, groups, strict=True):
        digest = digests.get(track_id)
        own = [_GROUP + group] if isinstance(group, str) else []
        values.append(own + ([_DIGEST + digest] if isinstance(digest, str) else []))
    roots = connected(values)
    sizes = Counter(roots)
    return [
        None
        if root is None or (root[0] == _DIGEST and sizes[root] == 1)
        else root[1:]
        if root[0] == _GROUP
        else f"equal audio {root[1:]}"
        for root in roots
    ]
