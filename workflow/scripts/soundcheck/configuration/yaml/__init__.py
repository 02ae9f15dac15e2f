"""What people write in YAML: where it stands, what traps lie in it, and the one form that the schema describes."""
