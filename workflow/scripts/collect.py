"""All scores in one long table."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck.scoring.table import collect

    collect(snakemake.input.scores, snakemake.output[0])
