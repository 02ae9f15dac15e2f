"""Join the tracks of the dataset that is trained on and the one that is tested on."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck import parquet
    from soundcheck.datasets import joining

    params = snakemake.params
    table, metadata = joining.join_tracks(
        list(snakemake.input), params.datasets, params.folders, snakemake.wildcards.dataset
    )
    parquet.write(table, snakemake.output[0], metadata)
