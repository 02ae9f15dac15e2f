"""What was left out, and why."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck.plumbing.files import atomic
    from soundcheck.presenting import pages

    audio = zip(snakemake.params.cells, snakemake.input.audio, strict=True)
    page, rows = pages.left_out(snakemake.input.tracks, snakemake.input.splits, audio, snakemake.params.pruned)
    with atomic(snakemake.output.html) as path:
        path.write_text(page, encoding="utf-8")
    with atomic(snakemake.output.csv) as path:
        path.write_text(pages.rows_to_csv(rows, pages.LeftOut), encoding="utf-8")
