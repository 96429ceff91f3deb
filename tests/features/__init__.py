"""The fold: events → features, and the history that reads and remembers them."""
