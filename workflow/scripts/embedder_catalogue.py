"""The catalogue's facts of the evaluated embedders."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck.plumbing.files import atomic
    from soundcheck.presenting import pages

    with atomic(snakemake.output[0]) as path:
        page = pages.embedders(snakemake.params.catalogue, snakemake.params.datasets)
        path.write_text(page, encoding="utf-8")
