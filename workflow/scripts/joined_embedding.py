"""Join the embeddings of the dataset that is trained on and the one that is tested on."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck.embedding.joining import join_embeddings

    join_embeddings(
        list(snakemake.input.embeddings),
        list(snakemake.input.audio),
        snakemake.params.datasets,
        snakemake.output.embeddings,
        snakemake.output.audio,
    )
