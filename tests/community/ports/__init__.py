"""What must hold of the two ports, whatever is behind them.

A suite is a class of sentences (test_queue.py, test_aggregates.py); it runs over every adapter of the list in
adapters.py. `Opened` is all that a suite knows of one. What holds of one adapter alone has a file of its own.
"""
