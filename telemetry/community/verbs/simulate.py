"""`agentspec-community simulate`: reports of strangers that never were."""

from __future__ import annotations

from telemetry.community.simulate import arguments as add_arguments
from telemetry.community.simulate import run

__all__ = ["EXAMPLES", "HELP", "add_arguments", "run"]

HELP = """\
Make reports of strangers that never were, with planted effects: for tests, load and demos.

A server takes 2,000 reports of one address at once, and 600 an hour, unless it is set otherwise: it answers 429, and
what is left waits. For more, start it with AGENTSPEC_COMMUNITY_REPORTS_PER_HOUR=0 (any number), or set
AGENTSPEC_COMMUNITY_REPORTS_BURST; requests have limits of their own, AGENTSPEC_COMMUNITY_REQUESTS_PER_MINUTE and
AGENTSPEC_COMMUNITY_BURST."""

EXAMPLES = """\
examples:
  agentspec-community simulate --truth
  agentspec-community simulate --seed 7 --count 400 --send http://127.0.0.1:8620
  agentspec-community simulate --count 3000 --send http://127.0.0.1:8620 --patience 7200
"""
