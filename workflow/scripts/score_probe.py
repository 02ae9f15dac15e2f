"""Test a fitted probe in one condition."""

from soundcheck.plumbing.jobs import job

with job(snakemake) as (inputs, outputs):
    from soundcheck import parquet
    from soundcheck.probing import choices
    from soundcheck.probing.kinds import KINDS
    from soundcheck.scoring.scores import scores_from_predictions
    from soundcheck.scoring.table import write_scores

    params = snakemake.params
    predict = choices.predictions(params.task_type)
    model = KINDS[params.kind].path(inputs.model)
    table, metadata = predict(inputs.embeddings, inputs.split, model, dict(snakemake.wildcards.items()), params.kind)
    rows = scores_from_predictions(table, metadata, list(params.metrics), params.resamples, params.seed)
    parquet.write(table, outputs.predictions, metadata)
    write_scores(rows, outputs.scores)
