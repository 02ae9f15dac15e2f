"""Test a fitted probe on one condition."""

from soundcheck.threads import single_threaded

single_threaded()

import sys

sys.stdout = sys.stderr = open(snakemake.log[0], "w", buffering=1)  # noqa: SIM115

from soundcheck import scoring

table, metadata, rows = scoring.score(
    snakemake.input.embeddings,
    snakemake.input.split,
    snakemake.input.model,
    dict(snakemake.params.ids),
    list(snakemake.params.metrics),
    snakemake.params.resamples,
    snakemake.params.seed,
)
scoring.write_predictions(table, metadata, snakemake.output.predictions)
scoring.write_scores(rows, snakemake.output.scores)
