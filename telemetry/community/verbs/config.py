"""`agentspec-community config`: the settings that hold, as a TOML file to start from."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from telemetry.community.settings import text_of
from telemetry.community.verbs.common import add_settings, settings_in

HELP = """\
Shows all settings and what each means, as they hold now: a TOML file to start from. There is no secret among them."""

EXAMPLES = """\
examples:
  agentspec-community config > server.toml
  AGENTSPEC_COMMUNITY_PORT=80 agentspec-community config --settings server.toml
"""


def add_arguments(parser: ArgumentParser) -> None:
    """The verb's own options."""
    add_settings(parser)


def run(args: Namespace) -> int:
    """Show them."""
    print(text_of(settings_in(args)), end="")
    return 0
