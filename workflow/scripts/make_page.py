"""A page of the report, and what it lists as CSV."""

from soundcheck.plumbing.jobs import job

with job(snakemake) as (inputs, outputs):
    from soundcheck.plumbing.files import atomic
    from soundcheck.presenting import pages

    page = pages.make(snakemake.params.page, dict(inputs.items()), dict(snakemake.params.items()))
    with atomic(outputs.html) as path:
        path.write_text(page.html, encoding="utf-8")
    if page.csv is not None:
        with atomic(outputs.csv) as path:
            path.write_text(page.csv, encoding="utf-8")
