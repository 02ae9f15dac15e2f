"""The checks of all embedders, in one table and on one page."""

from soundcheck.jobs import job

with job(snakemake.log[0]):
    from soundcheck import checking, pages
    from soundcheck.files import atomic, csv_rows, read_rows

    rows = [row for path in snakemake.input for row in read_rows(path)]
    with csv_rows(snakemake.output.csv, checking.COLUMNS) as write_row:
        for row in rows:
            write_row(row)
    with atomic(snakemake.output.html) as temporary:
        temporary.write_text(pages.embedder_checks(rows), encoding="utf-8")
