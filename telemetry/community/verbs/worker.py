"""`agentspec-community worker`: adds up and forgets, without answering requests."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from telemetry.community.serving import work
from telemetry.community.verbs.common import add_settings, settings_in

HELP = """\
Adds up what `agentspec-community api` has taken, and deletes raw reports after seven days. Answers no requests."""

EXAMPLES = """\
examples:
  agentspec-community worker
"""


def add_arguments(parser: ArgumentParser) -> None:
    """The verb's own options."""
    add_settings(parser)


def run(args: Namespace) -> int:
    """Work until told to end."""
    return work(settings_in(args))
