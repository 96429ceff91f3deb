"""What all stages agree on: schemas, checks, settings, and what is never captured."""
