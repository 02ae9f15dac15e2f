"""One embedding job: the tracks that splits name, in one scenario, through one embedder, to one file."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from soundcheck.audio import deformations
from soundcheck.audio.preparation import Condition
from soundcheck.embedding import driver, families
from soundcheck.embedding.families import Embedder
from soundcheck.embedding.tracks import Statistics, tracks_in
from soundcheck.plumbing import provenance
from soundcheck.plumbing.devices import device_of
from soundcheck.plumbing.downloads import weights


def embed_condition(
    tracks_path: str,
    split_paths: list[str],
    parts: list[str],
    folder: str,
    scenario: str,
    transforms: list[dict],
    is_additive: bool,
    name: str,
    entry: dict,
    seed: int,
    weights_paths: Sequence[str],
    weights_sha256: Sequence[str] | None,
    embeddings_path: str | Path,
    audio_path: str | Path,
    threads: int = 1,
    gpu: bool = False,
    called: str = "",
) -> Statistics:
    """Embed the tracks that are in one of `parts` of any of the splits; write the embeddings and the audio table.

    `is_additive`: whether there is a signal-to-noise ratio to measure. `weights_paths` are the downloaded files,
    `weights_sha256` what the catalogue says of them; None accepts any. `called` is what messages call the embedder, if
    not by its `name`.

    Raises:
        SoundcheckError: a transform refuses its parameters, or the model cannot be loaded, fails, or leaves out most
            tracks.
    """
    deformations.check(transforms)
    tracks = tracks_in(tracks_path, split_paths, parts)
    known = {"embedder": name, "deformation": scenario, "seed": seed, "transforms": transforms, "options": entry}
    device = device_of(gpu, families.family_of(entry).FRAMEWORKS)
    embedder = load_embedder(called or name, entry, weights_paths, weights_sha256, device)
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
        Condition(folder, scenario, transforms, seed, embedder.sample_rate, is_additive),
        driver.Model(called or name, embedder, threads, on_gpu=device != "cpu"),
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
