"""The events of one project on disk: append, read, retain. What appends runs in the hook: standard library only."""
