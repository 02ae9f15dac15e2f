"""What families of models share: files, checkpoints, windows, networks, and code that users bring."""
