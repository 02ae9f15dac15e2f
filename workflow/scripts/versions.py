"""Software and machine, as a page of the report."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck.plumbing.files import atomic
    from soundcheck.presenting import pages

    page = pages.make("versions", dict(snakemake.input.items()), dict(snakemake.params.items()))
    with atomic(snakemake.output[0]) as path:
        path.write_text(page.html, encoding="utf-8")
