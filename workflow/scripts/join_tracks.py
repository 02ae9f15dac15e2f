"""Join the tracks of the dataset that is trained on and the one that is tested on."""

from soundcheck.plumbing.jobs import job

with job(snakemake) as (inputs, outputs):
    from soundcheck import parquet
    from soundcheck.datasets import joining

    params = snakemake.params
    table, metadata = joining.join_tracks(list(inputs), params.datasets, params.folders, snakemake.wildcards.dataset)
    parquet.write(table, outputs[0], metadata)
