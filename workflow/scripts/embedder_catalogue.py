"""The catalogue's facts of the evaluated embedders."""

from soundcheck.jobs import job

with job(snakemake.log[0]):
    from soundcheck import pages
    from soundcheck.files import atomic

    with atomic(snakemake.output[0]) as path:
        page = pages.embedders(snakemake.params.catalogue, snakemake.params.datasets)
        path.write_text(page, encoding="utf-8")
