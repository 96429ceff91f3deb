"""`agentspec-community api`: only what answers requests; `worker` does the rest."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from telemetry.community.serving import serve
from telemetry.community.verbs.common import add_settings, settings_in

HELP = """\
Only answers requests. What it takes waits until `agentspec-community worker`, on the same folder, adds it up."""

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
