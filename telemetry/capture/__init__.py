"""From a hook's payload to facts about it. Runs in the session: standard library only, Python 3.9, no I/O."""
