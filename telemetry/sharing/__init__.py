"""The only way out of the machine: anonymise, seal, wait, send, take back.

Only this room may use the network, only `wire.py` in it does, and only with files that were sealed before.
"""
