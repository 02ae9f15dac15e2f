"""Download a file of weights."""

from soundcheck.jobs import job

with job(snakemake.log[0]):
    from soundcheck.weights import download

    download(snakemake.params.url, snakemake.output[0], snakemake.params.sha256)
