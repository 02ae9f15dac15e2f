"""From YAML to a checked plan of jobs; light, since it is imported while Snakemake plans."""
