"""Test a fitted probe in one condition."""

from soundcheck.jobs import job

with job(snakemake.log[0]):
    import os
    import sys

    from soundcheck import scoring

    # A user's own metrics lie in the working directory.
    sys.path.append(os.getcwd())

    if snakemake.params.task_type == "event_detection":
        from soundcheck.detection import predictions
    else:
        from soundcheck.scoring import predictions

    inputs, params = snakemake.input, snakemake.params
    table, metadata = predictions(inputs.embeddings, inputs.split, inputs.model, dict(snakemake.wildcards.items()))
    rows = scoring.scores_from_predictions(table, metadata, list(params.metrics), params.resamples, params.seed)
    scoring.write_predictions(table, metadata, snakemake.output.predictions)
    scoring.write_scores(rows, snakemake.output.scores)
