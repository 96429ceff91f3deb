"""`agentspec-community api`: what answers requests, and forgets; `worker` adds up."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from telemetry.community.serving import serve
from telemetry.community.verbs.common import add_settings, settings_in

HELP = """\
Answers requests, and deletes raw reports after seven days. What it takes waits until `agentspec-community worker`, on
the same folder, adds it up; what waits for seven days is lost."""

EXAMPLES = """\
examples:
  agentspec-community api
"""


def add_arguments(parser: ArgumentParser) -> None:
    """The verb's own options."""
    add_settings(parser)


def run(args: Namespace) -> int:
    """Answer until told to end."""
    return serve(settings_in(args), with_worker=False)
