"""Join the split of the dataset that is trained on with the tracks of the one that is tested on."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck import parquet
    from soundcheck.datasets import joining

    table, metadata = joining.join_splits(
        snakemake.input.trained, snakemake.input.tested, snakemake.params.datasets, snakemake.wildcards.dataset
    )
    parquet.write(table, snakemake.output[0], metadata)
