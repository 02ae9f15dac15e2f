"""Embed the tracks of a dataset, in one scenario, with one embedder."""

from soundcheck.plumbing.jobs import job

with job(snakemake) as (inputs, outputs):
    from soundcheck.embedding.job import embed_condition

    statistics = embed_condition(
        tracks_path=inputs.tracks,
        split_paths=list(inputs.splits),
        parts=snakemake.params.parts,
        folder=snakemake.params.dir,
        scenario=snakemake.wildcards.deformation,
        transforms=snakemake.params.transforms,
        is_additive=snakemake.params.is_additive,
        name=snakemake.wildcards.embedder,
        entry=snakemake.params.embedder,
        seed=snakemake.params.seed,
        weights_paths=inputs.named("weights"),
        weights_sha256=snakemake.params.sha256,
        embeddings_path=outputs.embeddings,
        audio_path=outputs.audio,
        threads=snakemake.threads,
        gpu=bool(snakemake.resources.get("gpu", 0)),
        called=str(snakemake.params.called),
    )
    print(statistics)
    print(f"{statistics.model_share:.1%} of the busy time was spent inside the model")
