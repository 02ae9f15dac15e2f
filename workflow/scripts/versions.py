"""Software and machine, as a page of the report."""

from soundcheck.plumbing.jobs import job

with job(snakemake.log[0]):
    from soundcheck import parquet
    from soundcheck.plumbing import provenance
    from soundcheck.plumbing.files import atomic
    from soundcheck.presenting import pages

    made = [parquet.metadata(embeddings) for embeddings in snakemake.input.embeddings]
    with atomic(snakemake.output[0]) as path:
        path.write_text(pages.versions(provenance.commit(), made), encoding="utf-8")
