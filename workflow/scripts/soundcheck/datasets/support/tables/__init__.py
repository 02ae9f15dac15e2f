"""Tables of tracks and labels that a user has written."""
