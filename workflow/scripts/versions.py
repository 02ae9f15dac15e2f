"""Software and machine, as a page of the report."""

from soundcheck import pages, parquet
from soundcheck.files import atomic

environments = {}
for embeddings in snakemake.input.get("embeddings", []):
    metadata = parquet.metadata(embeddings)
    environments[metadata["embedder"]] = metadata.get("versions", {})
with atomic(snakemake.output[0]) as path:
    path.write_text(pages.versions(snakemake.params.get("commit", ""), environments), encoding="utf-8")
