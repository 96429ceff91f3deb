"""Projects, and people who share a machine, that try to get something shared which nobody said yes to."""
