"""All scores in one long table."""

from soundcheck.jobs import job

with job(snakemake.log[0]):
    from soundcheck.results import collect

    collect(snakemake.input.scores, snakemake.output[0])
