"""Say which tracks are train, validation and test, with their labels."""

import sys

from soundcheck import datasets, parquet, splits

sys.stdout = sys.stderr = open(snakemake.log[0], "w", buffering=1)  # noqa: SIM115
params = snakemake.params
module = datasets.load(params.module)
tracks = parquet.read(snakemake.input.tracks).to_pandas()
table, metadata = splits.make_split(
    tracks,
    module.labels(tracks, params.task),
    dataset=params.dataset,
    task=params.task,
    task_type=params.task_type,
    split=params.split,
    seed=params.seed,
    fractions=params.fractions,
    official=datasets.official_splits(module, tracks, params.task),
    grouped_by=module.GROUPED_BY,
)
parquet.write(table, snakemake.output[0], metadata)
