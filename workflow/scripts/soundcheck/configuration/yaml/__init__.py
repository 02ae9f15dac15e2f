"""What people write in YAML: where it is, what traps it has, and the one form that the schema describes."""
