"""Print the catalogue of embedders."""

from soundcheck.presenting.terminal import as_text

print(as_text(snakemake.params.rows))
