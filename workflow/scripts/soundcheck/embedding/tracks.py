"""The tracks of a file of embeddings: those that splits name; and what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from soundcheck import parquet


@dataclass
class Statistics:
    """What a job did: numbers of tracks, and busy seconds of the processors (CPU time, not wall time)."""

    n_embedded: int = 0
    n_left_out: int = 0
    n_failed_in_model: int = 0
    model_s: float = 0.0
    preparation_s: float = 0.0
    rest_s: float = 0.0

    @property
    def model_share(self) -> float:
        """The share of the busy time that is spent inside the model."""
        return self.model_s / max(1e-9, self.model_s + self.preparation_s + self.rest_s)


def tracks_in(
    tracks_path: str, split_paths: Sequence[str], parts: Sequence[str]
) -> list[tuple[str, str, float | None]]:
    """The `(track_id, path, duration_s)` of the tracks that are in one of `parts` of any of the splits.

    A duration is None where the header of the file does not say it.
    """
    wanted: set[str] = set()
    for path in split_paths:
        split = parquet.read(path, columns=["track_id", "part"]).to_pydict()
        pairs = zip(split["track_id"], split["part"], strict=True)
        wanted.update(track_id for track_id, part in pairs if part in parts)
    tracks = parquet.read(tracks_path, columns=["track_id", "path", "duration_s"]).to_pylist()
    return [tuple(track.values()) for track in tracks if track["track_id"] in wanted]
