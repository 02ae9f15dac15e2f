"""List a dataset's tracks: what its module knows of them, and what their headers say."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck import parquet
    from soundcheck.datasets import index, sources

    params = snakemake.params
    module = sources.load(params.module)
    table, metadata = index.index(module, params.dir, snakemake.wildcards.dataset, params.options, snakemake.threads)
    index.check_usable(table, params.dir, snakemake.wildcards.dataset)
    parquet.write(table, snakemake.output[0], metadata)
