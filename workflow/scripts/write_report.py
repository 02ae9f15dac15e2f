"""Snakemake's own report, with our tables, figures and pages as its items."""

from soundcheck.plumbing.jobs import job

with job(snakemake) as (inputs, outputs):
    from soundcheck.presenting.report import write_report

    write_report(
        snakefile=snakemake.params.snakefile,
        config=snakemake.params.config,
        items=list(inputs),
        output=outputs[0],
    )
