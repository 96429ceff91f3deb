"""`agentspec daemon`: shares in the background what a person said yes to. Sessions start it; a person may."""

from __future__ import annotations

import os
import signal
import sys
from argparse import ArgumentParser, Namespace
from datetime import datetime, timezone
from types import FrameType

HELP = """\
Share finished reports of a project in which you said yes: one daemon per store, started with a session,
ends when there is nothing to do. Every wait and every rule of `agentspec telemetry` holds."""

EXAMPLES = """\
examples:
  agentspec daemon                   for the project you are in; says why it ended
  agentspec daemon --project ~/one
  agentspec telemetry --status       whether one is running
"""


def add_arguments(parser: ArgumentParser) -> None:
    """The verb's own options."""
    parser.add_argument("--project", metavar="DIR", help="the project's folder (default: the one you are in)")


def run(args: Namespace) -> int:
    """Work until there is nothing to do, and say why it ended."""
    from telemetry.cli.sharing.setting import setting_of  # noqa: PLC0415 not for --help
    from telemetry.sharing import daemon  # noqa: PLC0415

    signal.signal(signal.SIGTERM, _end)
    setting = setting_of(args.project)
    try:
        why = daemon.run(setting.project, os.environ, lambda: datetime.now(timezone.utc))
    except FileNotFoundError:
        why = "no_store"
    except SystemExit:
        why = "stopped"
    print(why, file=sys.stderr)
    return 0


def _end(number: int, frame: FrameType | None) -> None:
    """Wherever it is: what is under way is told apart by its folder, and nothing is half written."""
    raise SystemExit(0)
