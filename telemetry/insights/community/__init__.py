"""A person's own figures beside those of a release (pure), and how they are shown. Sees no network and no file.

`own` counts a person's features as the server counts reports; `compare`, `effectiveness`, `patterns` and `leaderboard`
each answer one question; `report` puts them together; `screen` and `as_json` show them.
"""
