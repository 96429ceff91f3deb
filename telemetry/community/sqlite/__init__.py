"""The two ports in one SQLite file: for a server that is one machine, without configuration.

One connection of a process writes and checkpoints, in a thread of its own, and one process at a time; readers have
connections of their own. What must not leave a trace lies on shelves (`shelf`), in tables in which nothing ever moves.
"""
