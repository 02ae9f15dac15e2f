"""From samples to one file of vectors; a family of models is one file with `load`."""
