"""Say which tracks are train, validation and test, with their labels."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck import parquet
    from soundcheck.datasets import sources
    from soundcheck.datasets.splits.making import split_of

    params, wildcards = snakemake.params, snakemake.wildcards
    digests = None
    if snakemake.input.get("fingerprints"):
        columns = parquet.read(snakemake.input.fingerprints, ["track_id", "digest"]).to_pydict()
        digests = dict(zip(columns["track_id"], columns["digest"], strict=True))
    table, metadata = split_of(
        sources.load(params.module),
        parquet.read(snakemake.input.tracks).to_pandas(),
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
        print(f"note: {hint}")
    parquet.write(table, snakemake.output[0], metadata)
