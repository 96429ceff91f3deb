"""`agentspec-community quarantine`: what an operator does with reports that no honest client makes."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections import Counter

from telemetry.community.ports import Aggregates, Queue, Unavailable
from telemetry.community.storage import opened_again
from telemetry.community.verbs.common import add_settings, settings_in
from telemetry.contract.errors import TelemetryError

HELP = """\
Reports that contradict themselves are kept out of the sums, with a reason. Here they are listed, released into the
sums after all, or dropped. What nobody decides about is deleted after seven days, like every raw report."""

EXAMPLES = """\
examples:
  agentspec-community quarantine                   how many there are, and why
  agentspec-community quarantine --list            each by its id
  agentspec-community quarantine --release ID      count it after all
  agentspec-community quarantine --drop ID …       delete it now
  agentspec-community quarantine --drop all
"""


def add_arguments(parser: ArgumentParser) -> None:
    """The verb's own options."""
    add_settings(parser)
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--list", action="store_true", help="each report's id and reason")
    choice.add_argument("--release", nargs="+", metavar="ID", help="count these after all; `all` for all")
    choice.add_argument("--drop", nargs="+", metavar="ID", help="delete these; `all` for all")


def run(args: Namespace) -> int:
    """List, release or drop."""
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
    if args.list:
        return "\n".join(f"{one}  {reason}" for one, reason in found.items()) or "nothing is in quarantine"
    counts = Counter(found.values()).most_common()
    return "\n".join(f"{count:>7,}  {reason}" for reason, count in counts) or "nothing is in quarantine"


def _chosen(typed: list[str], found: dict[str, str]) -> list[str]:
    if typed == ["all"]:
        return list(found)
    strangers = [one for one in typed if one not in found]
    if strangers:
        raise TelemetryError(f"not in quarantine: {', '.join(strangers)}", "--list shows what is.")
    return typed
