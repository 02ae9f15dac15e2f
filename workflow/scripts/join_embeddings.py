"""Join the embeddings of the dataset that is trained on and the one that is tested on."""

from soundcheck.plumbing.jobs import job

with job(snakemake) as (inputs, outputs):
    from soundcheck.embedding.joining import join_embeddings

    join_embeddings(
        list(inputs.embeddings),
        list(inputs.audio),
        snakemake.params.datasets,
        outputs.embeddings,
        outputs.audio,
    )
