"""Say which tracks are train, validation and test, with their labels."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck import parquet
    from soundcheck.datasets import sources
    from soundcheck.datasets.splits import making
    from soundcheck.tasks import TASK_TYPES

    params, wildcards = snakemake.params, snakemake.wildcards
    module = sources.load(params.module)
    tracks = parquet.read(snakemake.input.tracks).to_pandas()
    detects = TASK_TYPES[params.task_type].has_times
    labels, spellings = ([], {}) if detects else sources.labels(module, tracks, wildcards.task, params.task_type)
    official = sources.official_splits(module, tracks, wildcards.task, params.split["published"])
    tracks, grouped_by = sources.with_groups(module, tracks, wildcards.task)
    table, metadata = making.make_split(
        tracks,
        labels,
        dataset=wildcards.dataset,
        task=wildcards.task,
        task_type=params.task_type,
        split=params.split["whole"],
        seed=params.seed,
        fractions=params.split["fractions"],
        published=params.split["published"],
        per_class=params.split["per_class"],
        official=official,
        grouped_by=grouped_by,
        allow_overlap=params.allow_overlap,
        events=sources.events(module, tracks, wildcards.task) if detects else None,
        targets=sources.target_names(module, wildcards.task, params.options),
    )
    parquet.write(table, snakemake.output[0], metadata | {"spellings": spellings})
