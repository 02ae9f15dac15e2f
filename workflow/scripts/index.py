"""List a dataset's tracks: what its module knows of them, and what their headers say."""

from soundcheck.jobs import job

with job(snakemake.log[0]):
    from soundcheck import datasets, indexing, parquet

    params = snakemake.params
    module = datasets.load(params.module)
    table, metadata = indexing.index(module, params.dir, snakemake.wildcards.dataset, params.options, snakemake.threads)
    indexing.check_usable(table, params.dir, snakemake.wildcards.dataset)
    parquet.write(table, snakemake.output[0], metadata)
