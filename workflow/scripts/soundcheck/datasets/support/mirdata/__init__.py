"""What mirdata knows of its datasets, as tracks and labels."""
