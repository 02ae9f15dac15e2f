"""Test a fitted probe in one condition."""

from soundcheck.jobs import job

with job(snakemake.log[0]):
    import os
    import sys

    from soundcheck import scoring

    # A user's own metrics lie in the working directory.
    sys.path.append(os.getcwd())

    table, metadata, rows = scoring.score(
        snakemake.input.embeddings,
        snakemake.input.split,
        snakemake.input.model,
        dict(snakemake.wildcards.items()),
        list(snakemake.params.metrics),
        snakemake.params.resamples,
        snakemake.params.seed,
    )
    scoring.write_predictions(table, metadata, snakemake.output.predictions)
    scoring.write_scores(rows, snakemake.output.scores)
