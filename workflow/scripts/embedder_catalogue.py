"""The catalogue's facts of the evaluated embedders."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck.plumbing.files import atomic
    from soundcheck.presenting import pages

    page = pages.make("embedder_catalogue", dict(snakemake.input.items()), dict(snakemake.params.items()))
    with atomic(snakemake.output[0]) as path:
        path.write_text(page.html, encoding="utf-8")
