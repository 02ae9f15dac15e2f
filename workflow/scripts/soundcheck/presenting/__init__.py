"""From the long table to what a reader sees; it computes no score and chooses nothing."""
