"""Test a fitted probe in one condition."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck.probing.predicting import write_predictions
    from soundcheck.scoring.scores import scores_from_predictions
    from soundcheck.scoring.table import write_scores
    from soundcheck.tasks import TASK_TYPES

    if TASK_TYPES[snakemake.params.task_type].has_times:
        from soundcheck.probing.detection import predictions
    else:
        from soundcheck.probing.predicting import predictions

    inputs, params = snakemake.input, snakemake.params
    table, metadata = predictions(inputs.embeddings, inputs.split, inputs.model, dict(snakemake.wildcards.items()))
    rows = scores_from_predictions(table, metadata, list(params.metrics), params.resamples, params.seed)
    write_predictions(table, metadata, snakemake.output.predictions)
    write_scores(rows, snakemake.output.scores)
