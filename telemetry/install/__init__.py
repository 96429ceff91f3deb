"""Puts our hooks, /insights and /telemetry into a project's `.claude/`, and takes them out again without a trace.

May edit `settings.json`, `settings.local.json` and `commands/{insights,telemetry}.md` there, and nothing else outside
the store. Settings belong to the person: their text is only ever inserted into, never rewritten. Imports only
`telemetry.contract`; the texts are computed by pure functions, only `place.py` touches the disk.
"""
