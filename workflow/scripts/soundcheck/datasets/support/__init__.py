"""What several dataset modules share: listing audio, reading labels, mirdata."""
