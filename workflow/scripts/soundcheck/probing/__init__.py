"""From vectors and labels to predictions; probes are trained on clean train and validation items only."""
