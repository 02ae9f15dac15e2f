"""One embedding job: the tracks that splits name, in each scenario, through one embedder, to a file for each."""

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial

from soundcheck.audio import deformations
from soundcheck.audio.preparation import Condition
from soundcheck.embedding import driver, families
from soundcheck.embedding.families import Embedder
from soundcheck.embedding.tracks import tracks_in
from soundcheck.plumbing import provenance
from soundcheck.plumbing.devices import device_of
from soundcheck.plumbing.downloads import weights
from soundcheck.plumbing.jobs.pieces import Piece


def embedding_with(
    name: str,
    entry: dict,
    weights_paths: Sequence[str],
    weights_sha256: Sequence[str] | None,
    threads: int = 1,
    gpu: bool = False,
    called: str = "",
) -> Callable[[Piece], None]:
    """What embeds a condition with this embedder: see `embed_condition`.

    `weights_paths` are the downloaded files, `weights_sha256` what the catalogue says of them; None accepts any.
    `called` is what messages call the embedder, if not by its `name`.

    Raises:
        SoundcheckError: the model cannot be loaded.
    """
    device = device_of(gpu, families.family_of(entry).FRAMEWORKS)
    embedder = load_embedder(called or name, entry, weights_paths, weights_sha256, device)
    model = driver.Model(called or name, embedder, threads, on_gpu=device != "cpu")
    known = {
        "embedder": name,
        "options": entry,
        "device": device,
        "versions": provenance.versions(),
        "processor": provenance.processor(),
        "kernels": provenance.kernels(),
        "pooling": embedder.pooling,
        "n_layers": embedder.n_layers,
    }
    return partial(embed_condition, model=model, known=known)


def embed_condition(piece: Piece, model: driver.Model, known: dict) -> None:
    """Embed the tracks that are in one of the `parts` of any of the splits; write the embeddings and the audio table.

    The inputs of the piece are the table of tracks and the splits, its outputs the embeddings and the table of what is
    known of the audio. In its settings are the `folder` of the dataset, the `deformation` with its `transforms`, and
    `is_additive`: whether there is a signal-to-noise ratio to measure. `known` joins the file's metadata.

    Raises:
        SoundcheckError: a transform refuses its parameters, or the model fails, or leaves out most tracks.
    """
    (tracks_path, *split_paths), (embeddings_path, audio_path) = piece.inputs, piece.outputs
    settings = piece.settings
    chain, seed = settings["transforms"], settings["seed"]
    deformations.check(chain)
    tracks = tracks_in(tracks_path, split_paths, settings["parts"])
    # Of all packages that transforms may use, so that it does not matter which conditions are made in the same job.
    of_transforms = provenance.installed_versions(provenance.OF_TRANSFORMS) if chain else {}
    metadata = known | {
        "deformation": settings["deformation"],
        "seed": seed,
        "transforms": chain,
        "versions": known["versions"] | of_transforms,
    }
    condition = Condition(
        settings["folder"], settings["deformation"], chain, seed, model.embedder.sample_rate, settings["is_additive"]
    )
    statistics = driver.embed(tracks, condition, model, embeddings_path, audio_path, metadata)
    print(f"{piece.name}: {statistics}")
    print(f"{piece.name}: {statistics.model_share:.1%} of the busy time was spent inside the model")


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
