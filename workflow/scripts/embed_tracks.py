"""Embed the tracks of a dataset, in each scenario, with one embedder."""

from soundcheck.plumbing.jobs import job_of_pieces

with job_of_pieces(snakemake) as (inputs, outputs, ledger):
    from soundcheck.plumbing.jobs.ledger import content
    from soundcheck.plumbing.jobs.pieces import Piece, make

    params, weights = snakemake.params, inputs.named("weights")
    shared = dict(params.shared) | {
        "embedder": snakemake.wildcards.embedder,
        "entry": params.entry,
        "weights": [content(path) for path in weights],
    }
    splits = dict(zip(params.splits, inputs.splits, strict=True))
    pieces = [
        Piece(
            name=condition["deformation"],
            settings=shared | condition,
            inputs=(inputs.tracks, *(splits[name] for name in condition["splits"])),
            outputs=files,
        )
        for condition, *files in zip(params.conditions, outputs.embeddings, outputs.audio, strict=True)
    ]

    def prepared():
        from soundcheck.embedding.job import embedding_with

        return embedding_with(
            snakemake.wildcards.embedder,
            params.entry,
            weights,
            params.sha256,
            threads=snakemake.threads,
            gpu=bool(snakemake.resources.get("gpu", 0)),
            called=str(params.called),
        )

    make(pieces, prepared, ledger)
