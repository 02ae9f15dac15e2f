"""How many items every number stands on."""

from soundcheck.jobs import job

with job(snakemake.log[0]):
    from soundcheck import pages
    from soundcheck.files import atomic

    page, rows = pages.counts(snakemake.input.tracks, snakemake.input.splits, snakemake.params.get("seeds"))
    with atomic(snakemake.output.html) as path:
        path.write_text(page, encoding="utf-8")
    with atomic(snakemake.output.csv) as path:
        path.write_text(pages.rows_to_csv(rows, pages.Count), encoding="utf-8")
