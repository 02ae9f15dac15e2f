"""One embedding job: the tracks that splits name, in one scenario, through one embedder, to one file."""

from pathlib import Path

from soundcheck import driver, embedders, parquet, provenance
from soundcheck.preparation import Condition


def embed_condition(
    tracks_path: str,
    split_paths: list[str],
    parts: list[str],
    folder: str,
    scenario: str,
    transforms: list[dict],
    name: str,
    entry: dict,
    seed: int,
    embeddings_path: str | Path,
    audio_path: str | Path,
    threads: int = 1,
    gpu: bool = False,
) -> driver.Statistics:
    """Embed the tracks that are in one of `parts` of any of the splits; write the embeddings and the audio table.

    Raises:
        SoundcheckError: the model cannot be loaded, fails, or leaves out most tracks.
    """
    device = _device(gpu)
    embedder = embedders.load(entry, device)
    metadata = {
        "embedder": name,
        "deformation": scenario,
        "device": device,
        "versions": provenance.versions(),
        "seed": seed,
        "transforms": transforms,
        "options": entry,
        "pooling": embedder.pooling,
    }
    return driver.embed(
        _tracks_in(tracks_path, split_paths, parts),
        Condition(folder, scenario, transforms, seed, embedder.sample_rate),
        driver.Model(name, embedder, threads, on_gpu=device != "cpu"),
        embeddings_path,
        audio_path,
        metadata,
    )


def _tracks_in(tracks_path: str, split_paths: list[str], parts: list[str]) -> list[tuple[str, str, float]]:
    wanted: set[str] = set()
    for path in split_paths:
        split = parquet.read(path, columns=["track_id", "part"]).to_pydict()
        pairs = zip(split["track_id"], split["part"], strict=True)
        wanted.update(track_id for track_id, part in pairs if part in parts)
    tracks = parquet.read(tracks_path, columns=["track_id", "path", "duration_s"]).to_pylist()
    return [tuple(track.values()) for track in tracks if track["track_id"] in wanted]


def _device(gpu: bool) -> str:
    """`cuda` when the job holds a GPU and there really is one: a scheduler may promise what is not there."""
    if not gpu:
        return "cpu"
    import torch

    return "cuda" if torch.cuda.is_available() else "cpu"
