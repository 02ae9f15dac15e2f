"""List a dataset's tracks: what its module knows of them, and what their headers say."""

from soundcheck.plumbing.jobs import job

with job(snakemake) as (inputs, outputs):
    from soundcheck import parquet
    from soundcheck.datasets import index, sources

    params = snakemake.params
    module = sources.load(params.module)
    table, metadata = index.index(module, params.dir, snakemake.wildcards.dataset, params.options, snakemake.threads)
    index.check_usable(table, params.dir, snakemake.wildcards.dataset)
    parquet.write(table, outputs[0], metadata)
