"""Download a file of weights."""

from soundcheck.plumbing.jobs import job

with job(snakemake) as (inputs, outputs):
    from soundcheck.plumbing.downloads.weights import download

    params = snakemake.params
    download(params.url, outputs[0], params.sha256, params.embedders, params.get_weights)
