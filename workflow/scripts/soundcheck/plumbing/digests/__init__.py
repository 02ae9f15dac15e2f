"""What makes a job run again: the source that it uses, and what a user's files are."""
