"""Take the vectors of tracks from files that were made elsewhere, in the place of an embedder."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck.embedding.precomputed import take_precomputed

    params, wildcards = snakemake.params, snakemake.wildcards
    statistics = take_precomputed(
        tracks_path=snakemake.input.tracks,
        split_paths=list(snakemake.input.splits),
        parts=params.parts,
        scenario=wildcards.deformation,
        transforms=params.transforms,
        name=wildcards.embedder,
        entry=params.embedder,
        seed=params.seed,
        embeddings_path=snakemake.output.embeddings,
        audio_path=snakemake.output.audio,
    )
    print(statistics)
