"""Print the catalogue of embedders."""

from soundcheck.embedder_list import as_text

print(as_text(snakemake.params.rows))
