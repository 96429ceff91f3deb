"""`agentspec telemetry`: sharing, and everything about it: decide, look, take back, take along, erase."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from importlib import import_module

from telemetry.cli.passing import take_back_in_passing
from telemetry.cli.sharing.enable import offer
from telemetry.cli.sharing.setting import setting_of
from telemetry.contract.errors import TelemetryError

HELP = """\
Sharing anonymous reports with a community server: off until you say yes here, in your own terminal.
Your own figures (agentspec insights) are the same either way."""

EXAMPLES = """\
examples:
  agentspec telemetry --status              whether anything is shared, and if not, why
  agentspec telemetry --preview             the very bytes that would leave, and when
  agentspec telemetry --enable              what is shared and what never is; then asks
  agentspec telemetry --disable             nothing more is shared, from the next moment on
  agentspec telemetry --drop 1b9d6bcd       delete a waiting report for good
  agentspec telemetry --send-now            send what waits, without the wait
  agentspec telemetry --export mine.json    everything that is held about you
  agentspec telemetry --purge               erase it all, here and what the server still has
"""

# choice → the module in telemetry/cli/sharing that carries it out
CHOICES = {
    "enable": "enable",
    "disable": "disable",
    "status": "standing",
    "preview": "preview",
    "drop": "drop",
    "send_now": "send_now",
    "export": "export",
    "purge": "purge",
    "audit": "audit",
}

OFFERS = ("status", "preview", "send_now")  # where a person who wrote `sharing: on` by hand is asked
# option → the choices that it goes with, and what it is when nobody typed it
OPTIONS = {
    "endpoint": (("enable",), None),
    "all": (("purge",), False),
    "format": (("export",), "json"),
    "yes": (("enable", "purge", "export"), False),
}
# What an earlier purge could not take back is asked for again in passing: before what says how many those are, after
# what a person waits for. A purge asks by itself, and an audit shows that nothing opens a socket.
ASK_FIRST = ("status", "preview", "send_now")
ASK_LAST = ("enable", "disable", "drop", "export")


def add_arguments(parser: ArgumentParser) -> None:
    """The verb's own options."""
    parser.usage = "agentspec telemetry CHOICE [options]"
    choices = parser.add_argument_group("one of these").add_mutually_exclusive_group(required=True)
    choices.add_argument("--enable", action="store_true", help="show what would be shared, and ask; the default is no")
    choices.add_argument("--disable", action="store_true", help="share nothing more")
    choices.add_argument("--status", action="store_true", help="what is shared, or why nothing is")
    choices.add_argument("--preview", action="store_true", help="the exact bytes of every waiting report")
    choices.add_argument(
        "--export", nargs="?", const="-", metavar="FILE", help="everything held about you; - prints it"
    )
    choices.add_argument("--purge", action="store_true", help="erase everything of this project, and take back reports")
    choices.add_argument("--drop", metavar="ID", help="delete a waiting report for good")
    choices.add_argument(
        "--send-now", nargs="?", const="", metavar="ID", help="send a waiting report, or all, without the wait"
    )
    choices.add_argument("--audit", action="store_true", help="show that nothing opens a socket while sharing is off")
    parser.add_argument("--project", metavar="DIR", help="the project's folder (default: the one you are in)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--yes", action="store_true", help="with --enable, --purge: do not ask; with --export: write over FILE"
    )
    parser.add_argument("--endpoint", metavar="URL", help="with --enable: the server that reports go to")
    parser.add_argument("--all", action="store_true", help="with --purge: every project that you ever said yes in")
    parser.add_argument(
        "--format", choices=("json", "csv"), default="json", help="with --export: csv has features only"
    )


def run(args: Namespace) -> int:
    """Carry out the one choice."""
    chosen = next(name for name in CHOICES if getattr(args, name) not in (None, False))
    _refuse_strays(args, chosen)
    module = import_module(f"telemetry.cli.sharing.{CHOICES[chosen]}")
    setting = setting_of(args.project, anywhere=bool(args.purge and args.all))
    if chosen in ASK_FIRST:
        take_back_in_passing(setting.environ)
    if chosen in OFFERS and not args.json:
        offer(setting)
    code: int = module.run(args, setting)
    if chosen in ASK_LAST:
        sys.stdout.flush()
        take_back_in_passing(setting.environ)
    return code


def _refuse_strays(args: Namespace, chosen: str) -> None:
    """An option of another choice would be ignored in silence."""
    for option, (choices, default) in OPTIONS.items():
        if getattr(args, option) != default and chosen not in choices:
            owners = ", ".join(f"--{choice}" for choice in choices)
            raise TelemetryError(
                f"--{option} goes with {owners}", "agentspec telemetry --help lists what goes with what."
            )
