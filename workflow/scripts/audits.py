"""What the audits of all splits found."""

from soundcheck.jobs import job

with job(snakemake.log[0]):
    from soundcheck import pages
    from soundcheck.files import atomic

    params = snakemake.params
    audits = zip(params.evaluations, snakemake.input.audits, strict=True)
    fingerprints = zip(params.datasets, snakemake.input.fingerprints, strict=True)
    page = pages.audit(audits, fingerprints)
    with atomic(snakemake.output[0]) as path:
        path.write_text(page, encoding="utf-8")
