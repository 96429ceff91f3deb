"""`agentspec-community serve`: the whole server as one process."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from telemetry.community.serving import serve
from telemetry.community.verbs.common import add_settings, settings_in

HELP = """\
The whole server in one process: takes reports, adds them up, forgets them, serves benchmarks.
Needs no configuration; everything it keeps lies in one folder."""

EXAMPLES = """\
examples:
  agentspec-community serve                                      on 127.0.0.1:8620, in ./agentspec-community
  AGENTSPEC_COMMUNITY_DATA=/var/lib/agentspec agentspec-community serve
  agentspec-community config                                     what can be set, and how it is set now
"""


def add_arguments(parser: ArgumentParser) -> None:
    """The verb's own options."""
    add_settings(parser)


def run(args: Namespace) -> int:
    """Serve until told to end."""
    return serve(settings_in(args), with_worker=True)
