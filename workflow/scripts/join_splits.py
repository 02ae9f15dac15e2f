"""Join the split of the dataset that is trained on with the tracks of the one that is tested on."""

from soundcheck.plumbing.jobs import job

with job(snakemake) as (inputs, outputs):
    from soundcheck import parquet
    from soundcheck.datasets import joining

    table, metadata = joining.join_splits(
        inputs.trained, inputs.tested, snakemake.params.datasets, snakemake.wildcards.dataset
    )
    parquet.write(table, outputs[0], metadata)
