"""Test a fitted probe in one condition."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck.probing import by_task
    from soundcheck.probing.kinds import KINDS
    from soundcheck.probing.predicting import write_predictions
    from soundcheck.scoring.scores import scores_from_predictions
    from soundcheck.scoring.table import write_scores
    from soundcheck.tasks import TASK_TYPES

    inputs, params = snakemake.input, snakemake.params
    predict = by_task.function(by_task.steps_of(TASK_TYPES[params.task_type]).predict)
    model = KINDS[params.kind].path(inputs.model)
    table, metadata = predict(inputs.embeddings, inputs.split, model, dict(snakemake.wildcards.items()), params.kind)
    rows = scores_from_predictions(table, metadata, list(params.metrics), params.resamples, params.seed)
    write_predictions(table, metadata, snakemake.output.predictions)
    write_scores(rows, snakemake.output.scores)
