"""Join the embeddings of the dataset that is trained on and the one that is tested on."""

from soundcheck.jobs import job

with job(snakemake.log[0]):
    from soundcheck.joining import join_embeddings

    join_embeddings(
        list(snakemake.input.embeddings),
        list(snakemake.input.audio),
        snakemake.params.datasets,
        snakemake.output.embeddings,
        snakemake.output.audio,
    )
