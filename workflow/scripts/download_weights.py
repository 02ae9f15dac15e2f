"""Download a file of weights."""

from soundcheck.jobs import job

with job(snakemake.log[0]):
    from soundcheck.weights import download

    params = snakemake.params
    download(params.url, snakemake.output[0], params.sha256, params.embedders, params.get_weights)
