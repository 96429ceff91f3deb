"""`agentspec-community simulate`: reports of strangers that never were."""

from __future__ import annotations

from telemetry.community.simulate import arguments as add_arguments
from telemetry.community.simulate import run

__all__ = ["EXAMPLES", "HELP", "add_arguments", "run"]

HELP = """\
Make reports of strangers that never were, with planted effects: for tests, load and demos."""

EXAMPLES = """\
examples:
  agentspec-community simulate --truth
  agentspec-community simulate --seed 7 --count 400 --send http://127.0.0.1:8620
"""
