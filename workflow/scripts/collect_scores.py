"""All scores in one long table."""

from soundcheck.plumbing.jobs import job

with job(snakemake) as (inputs, outputs):
    from soundcheck.scoring.table import collect

    collect(inputs.scores, outputs[0])
