"""The checks of all embedders, in one table and on one page."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck.embedding import check
    from soundcheck.plumbing.files import atomic, csv_rows, read_rows
    from soundcheck.presenting import pages

    rows = [row for path in snakemake.input for row in read_rows(path)]
    with csv_rows(snakemake.output.csv, check.COLUMNS) as write_row:
        for row in rows:
            write_row(row)
    with atomic(snakemake.output.html) as temporary:
        temporary.write_text(pages.embedder_checks(rows), encoding="utf-8")
