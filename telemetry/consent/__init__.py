"""Who may say yes, and whether they did: the choice in config.yaml, the receipt in the person's own folder, the gate.

The only room that can say yes. It shares nothing, and asks nobody but a person at a terminal.
"""
