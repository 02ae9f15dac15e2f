"""What the audits of all splits found."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck.plumbing.files import atomic
    from soundcheck.presenting import pages

    page = pages.make("audit", dict(snakemake.input.items()), dict(snakemake.params.items()))
    with atomic(snakemake.output[0]) as path:
        path.write_text(page.html, encoding="utf-8")
