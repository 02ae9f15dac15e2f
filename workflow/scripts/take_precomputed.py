"""Take the vectors of tracks from files that were made elsewhere, in the place of an embedder."""

from soundcheck.plumbing.jobs import job

with job(snakemake) as (inputs, outputs):
    from soundcheck.embedding.precomputed import take_precomputed

    params, wildcards = snakemake.params, snakemake.wildcards
    statistics = take_precomputed(
        tracks_path=inputs.tracks,
        split_paths=list(inputs.splits),
        parts=params.parts,
        scenario=wildcards.deformation,
        transforms=params.transforms,
        name=wildcards.embedder,
        entry=params.embedder,
        seed=params.seed,
        embeddings_path=outputs.embeddings,
        audio_path=outputs.audio,
    )
    print(statistics)
