"""From a hook's payload to facts about it. Runs inside the person's session: standard library only, Python 3.9, no I/O."""
