"""What must hold of the two ports, whatever is behind them.

A suite is a class of sentences; an adapter's test file opens the adapter and inherits both (tests/community/ports/
test_sqlite.py). `Opened` is all that a suite knows of it.
"""
