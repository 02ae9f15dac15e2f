"""From published files to tracks, labels and audited splits; a source is one file."""
