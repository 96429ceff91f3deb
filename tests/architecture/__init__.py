"""Rules that hold over all rooms at once."""
