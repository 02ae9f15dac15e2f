"""List a dataset's tracks: what its module knows of them, and what their headers say."""

import sys

from soundcheck import datasets, indexing, parquet

sys.stdout = sys.stderr = open(snakemake.log[0], "w", buffering=1)  # noqa: SIM115
params = snakemake.params
table, metadata = indexing.index(
    datasets.load(params.module), params.dir, params.dataset, params.options, snakemake.threads
)
parquet.write(table, snakemake.output[0], metadata)
