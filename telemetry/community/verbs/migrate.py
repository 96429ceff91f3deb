"""`agentspec-community migrate`: brings what is kept to the newest version; the other verbs do so themselves."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from telemetry.community.storage import opened, place_of
from telemetry.community.verbs.common import add_settings, settings_in

HELP = """\
Brings the database to the version of this program, or makes it. `serve`, `api` and `worker` do the same when they
start; this does it alone, before they are started again after an update."""

EXAMPLES = """\
examples:
  agentspec-community migrate
"""


def add_arguments(parser: ArgumentParser) -> None:
    """The verb's own options."""
    add_settings(parser)


def run(args: Namespace) -> int:
    """Migrate, and say so."""
    settings = settings_in(args)
    with opened(settings) as storage:
        print(f"{place_of(settings)}: up to date, {storage.queue.depth():,} reports waiting")
    return 0
