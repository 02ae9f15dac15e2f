"""How many items every number stands on."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck.plumbing.files import atomic
    from soundcheck.presenting import pages

    page, rows = pages.counts(snakemake.input.tracks, snakemake.input.splits, snakemake.params.get("seeds"))
    with atomic(snakemake.output.html) as path:
        path.write_text(page, encoding="utf-8")
    with atomic(snakemake.output.csv) as path:
        path.write_text(pages.rows_to_csv(rows, pages.Count), encoding="utf-8")
