"""Software and machine, as a page of the report."""

from soundcheck.jobs import job

with job(snakemake.log[0]):
    from soundcheck import pages, parquet, provenance
    from soundcheck.files import atomic

    environments = {}
    for embeddings in snakemake.input.embeddings:
        metadata = parquet.metadata(embeddings)
        environments[metadata["embedder"]] = metadata.get("versions", {})
    with atomic(snakemake.output[0]) as path:
        path.write_text(pages.versions(provenance.commit(), environments), encoding="utf-8")
