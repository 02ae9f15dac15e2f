"""Who is train, validation and test."""
