"""What the audits of all splits found."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck.plumbing.files import atomic
    from soundcheck.presenting import pages

    params = snakemake.params
    audits = zip(params.evaluations, snakemake.input.audits, strict=True)
    fingerprints = zip(params.datasets, snakemake.input.fingerprints, strict=True)
    page = pages.audit(audits, fingerprints)
    with atomic(snakemake.output[0]) as path:
        path.write_text(page, encoding="utf-8")
