"""`agentspec-community quarantine`: what an operator does with reports that no honest client makes."""

from __future__ import annotations

import json
from argparse import ArgumentParser, Namespace
from collections import Counter

from telemetry.community.ports import Aggregates, Queue, Unavailable
from telemetry.community.storage import opened_again
from telemetry.community.verbs.common import add_settings, settings_in
from telemetry.contract.errors import TelemetryError

HELP = """\
Reports that contradict themselves are kept out of the sums, with a reason. Here they are listed, released into the
sums after all, or dropped; to judge one, look at it: a report says nothing of whose it is. What nobody decides about is
deleted after seven days, like every raw report."""

EXAMPLES = """\
examples:
  agentspec-community quarantine                   how many there are, and why
  agentspec-community quarantine --list            each by its id
  agentspec-community quarantine --list --json     the same for other tools
  agentspec-community quarantine --show ID         what it says, as JSON
  agentspec-community quarantine --release ID      count it after all
  agentspec-community quarantine --drop ID …       delete it now
  agentspec-community quarantine --drop all
"""

NOTHING = "nothing is in quarantine"


def add_arguments(parser: ArgumentParser) -> None:
    """The verb's own options."""
    add_settings(parser)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--list", action="store_true", help="each report's id and reason")
    choice.add_argument("--show", metavar="ID", help="print the report of this id")
    choice.add_argument("--release", nargs="+", metavar="ID", help="count these after all; `all` for all")
    choice.add_argument("--drop", nargs="+", metavar="ID", help="delete these; `all` for all")
    parser.add_argument("--json", action="store_true", help="with --list or alone: for other tools")


def run(args: Namespace) -> int:
    """List, show, release or drop. Raises TelemetryError."""
    if args.json and (args.release or args.drop or args.show):
        raise TelemetryError("--json goes with --list, or alone", "What --show prints is JSON by itself.")
    with opened_again(settings_in(args)) as storage:
        try:
            print(_done(args, storage.queue, storage.aggregates))
        except Unavailable as error:
            raise TelemetryError(f"the database cannot be reached: {error}", "Try again.") from error
    return 0


def _done(args: Namespace, queue: Queue, aggregates: Aggregates) -> str:
    found = {one.id: one.reason for one in queue.quarantined()}
    if args.release:
        ids = _chosen(args.release, found)
        queue.release(ids)
        return f"{len(ids)} released: the worker counts them"
    if args.drop:
        ids = _chosen(args.drop, found)
        for one in ids:  # a worker that had it in hand before it was quarantined cannot bring it back
            aggregates.subtract(one)
        queue.remove(ids)
        return f"{len(ids)} dropped"
    if args.show:
        return shown(queue, *_chosen([args.show], found))
    return _listed(found, args.json) if args.list else _counted(found, args.json)


def _listed(found: dict[str, str], is_json: bool) -> str:
    if is_json:
        return json.dumps([{"id": one, "reason": reason} for one, reason in found.items()], indent=2)
    return "\n".join(f"{one}  {reason}" for one, reason in found.items()) or NOTHING


def _counted(found: dict[str, str], is_json: bool) -> str:
    counts = Counter(found.values()).most_common()
    if is_json:
        return json.dumps(dict(counts), indent=2)
    return "\n".join(f"{count:>7,}  {reason}" for reason, count in counts) or NOTHING


def shown(queue: Queue, report_id: str) -> str:
    """The report, in ASCII: nothing in it can speak to the terminal. The hash of its token is nobody's to see."""
    body = queue.read(report_id)
    if body is None:
        raise TelemetryError(f"{report_id} is gone meanwhile", "It was taken back, or is seven days old.")
    try:
        sealed = json.loads(body)
        return json.dumps(sealed["report"], indent=2)
    except (ValueError, LookupError, TypeError, RecursionError):
        raise TelemetryError(f"{report_id} cannot be read", "Drop it: no honest client made it.") from None


def _chosen(typed: list[str], found: dict[str, str]) -> list[str]:
    if typed == ["all"]:
        return list(found)
    strangers = [one for one in typed if one not in found]
    if strangers:
        raise TelemetryError(f"not in quarantine: {', '.join(strangers)}", "--list shows what is.")
    return typed
