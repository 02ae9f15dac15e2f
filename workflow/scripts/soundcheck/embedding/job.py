"""One embedding job: the tracks that splits name, in one scenario, through one embedder, to one file."""

import dataclasses
import importlib.util
from collections.abc import Sequence
from pathlib import Path

from soundcheck import parquet
from soundcheck.audio.preparation import Condition
from soundcheck.embedding import driver, families
from soundcheck.embedding.families import Embedder
from soundcheck.plumbing import provenance
from soundcheck.plumbing.downloads import weights


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
    weights_paths: Sequence[str],
    weights_sha256: Sequence[str] | None,
    embeddings_path: str | Path,
    audio_path: str | Path,
    threads: int = 1,
    gpu: bool = False,
) -> driver.Statistics:
    """Embed the tracks that are in one of `parts` of any of the splits; write the embeddings and the audio table.

    `weights_paths` are the downloaded files, `weights_sha256` what the catalogue says of them; None accepts any.

    Raises:
        SoundcheckError: the model cannot be loaded, fails, or leaves out most tracks.
    """
    tracks = _tracks_in(tracks_path, split_paths, parts)
    known = {"embedder": name, "deformation": scenario, "seed": seed, "transforms": transforms, "options": entry}
    if entry["family"] == "precomputed":
        # Imported by name, so that what it does is no part of what other embeddings depend on.
        embed_from_folder = importlib.import_module("soundcheck.embedding.precomputed").embed_from_folder
        pooling = entry.get("pooling", "mean")
        return embed_from_folder(tracks, scenario, entry["file"], name, embeddings_path, audio_path, known, pooling)
    device = device_of(gpu)
    embedder = load_embedder(name, entry, weights_paths, weights_sha256, device)
    metadata = known | {
        "device": device,
        "versions": provenance.versions(),
        "processor": provenance.processor(),
        "kernels": provenance.kernels(),
        "pooling": embedder.pooling,
        "n_layers": embedder.n_layers,
    }
    return driver.embed(
        tracks,
        Condition(folder, scenario, transforms, seed, embedder.sample_rate),
        driver.Model(name, embedder, threads, on_gpu=device != "cpu"),
        embeddings_path,
        audio_path,
        metadata,
    )


def load_embedder(
    name: str, entry: dict, weights_paths: Sequence[str], weights_sha256: Sequence[str] | None, device: str
) -> Embedder:
    """The embedder that an entry describes, its downloaded weights verified, with the pooling that the entry asks for.

    Raises:
        SoundcheckError: its weights or its module cannot be used.
    """
    if weights_paths:
        entry = entry | {"weights": weights.verified(name, weights_paths, weights_sha256)}
    embedder = families.load({"name": name} | entry, device)
    return dataclasses.replace(embedder, pooling=entry.get("pooling", embedder.pooling))


def _tracks_in(tracks_path: str, split_paths: list[str], parts: list[str]) -> list[tuple[str, str, float]]:
    wanted: set[str] = set()
    for path in split_paths:
        split = parquet.read(path, columns=["track_id", "part"]).to_pydict()
        pairs = zip(split["track_id"], split["part"], strict=True)
        wanted.update(track_id for track_id, part in pairs if part in parts)
    tracks = parquet.read(tracks_path, columns=["track_id", "path", "duration_s"]).to_pylist()
    return [tuple(track.values()) for track in tracks if track["track_id"] in wanted]


def device_of(gpu: bool) -> str:
    """`cuda` when the job holds a GPU and there really is one: a scheduler may promise what is not there."""
    return "cuda" if gpu and _sees_a_gpu() else "cpu"


def _sees_a_gpu() -> bool:
    """Asked of whichever framework the environment of the model has."""
    if importlib.util.find_spec("torch"):
        import torch

        return torch.cuda.is_available()
    if importlib.util.find_spec("tensorflow"):
        from soundcheck.embedding.families.support.tensorflow_runtime import import_tensorflow

        return bool(import_tensorflow("a job with a GPU").config.list_physical_devices("GPU"))
    if importlib.util.find_spec("onnxruntime"):
        import onnxruntime

        return "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    return False
