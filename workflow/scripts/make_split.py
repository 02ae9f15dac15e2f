"""Say which tracks are train, validation and test, with their labels."""

from soundcheck.plumbing.jobs import job

with job(snakemake) as (inputs, outputs):
    from soundcheck import parquet
    from soundcheck.datasets import sources
    from soundcheck.datasets.splits.making import split_of
    from soundcheck.plumbing.logs import tell

    params, wildcards = snakemake.params, snakemake.wildcards
    digests = None
    if inputs.named("fingerprints"):
        columns = parquet.read(inputs.fingerprints, ["track_id", "digest"]).to_pydict()
        digests = dict(zip(columns["track_id"], columns["digest"], strict=True))
    table, metadata = split_of(
        sources.load(params.module),
        parquet.read(inputs.tracks).to_pandas(),
        dataset=wildcards.dataset,
        task=wildcards.task,
        task_type=params.task_type,
        split=dict(params.split),
        seed=params.seed,
        options=params.options,
        allow_overlap=params.allow_overlap,
        digests=digests,
    )
    for hint in metadata["hints"]:
        tell(f"note on dataset '{wildcards.dataset}': {hint}")
    parquet.write(table, outputs[0], metadata)
