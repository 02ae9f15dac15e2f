"""All scores in one long table."""

from soundcheck.results import collect

collect(snakemake.input.scores, snakemake.output[0])
