"""`agentspec status`: what is recorded where, and what leaves this machine."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

from telemetry.cli.projects import here, is_claude_codes_own, named_project, project_around, store_of
from telemetry.cli.reading import config_of, printable
from telemetry.cli.sharing.enable import offer
from telemetry.cli.sharing.setting import setting_of
from telemetry.cli.stock import Stock, stock_of
from telemetry.consent.facts import Gatherer
from telemetry.consent.gate import REASONS, Reason
from telemetry.contract import settings

HELP = """\
What is recorded where: the store of this project, its size, what it keeps for how long,
and whether anything leaves this machine (agentspec telemetry --status has all of that)."""

EXAMPLES = """\
examples:
  agentspec status
  agentspec status --project ~/one --json
"""

_PLAINLY_OFF = frozenset(("sharing_off", "no_store"))


class Sharing(NamedTuple):
    """The gate's answer: whether reports are made here, and if not, why."""

    is_on: bool
    reason: Reason | None


def add_arguments(parser: ArgumentParser) -> None:
    """The verb's own options."""
    parser.add_argument("--project", metavar="DIR", help="the project's folder (default: the one you are in)")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: Namespace) -> int:
    """Print the state of the project's store."""
    project = named_project(args.project) if args.project else project_around(here()) or here()
    store = Path(store_of(project))
    stock = stock_of(store)
    if is_claude_codes_own(project, os.environ):
        stock = stock._replace(is_there=False)  # what lies there is Claude Code's own
    elif not args.json and settings.is_sharing(config_of(store)):
        offer(setting_of(project))  # for who wrote `sharing: on` by hand
    sharing = _sharing(project) if stock.is_there else Sharing(False, REASONS["no_store"])
    print(_json(store, stock, sharing) if args.json else "\n".join(lines_of(store, stock, sharing)))
    return 0


def lines_of(store: Path, stock: Stock, sharing: Sharing) -> list[str]:
    """The state as people read it."""
    from telemetry.insights.grid import grid  # noqa: PLC0415 not for --json

    if not stock.is_there:
        return [
            f"Store:      none at {printable(str(store))}",
            "Recording:  begins with the first AgentSpec phase in this project (agentspec doctor)",
            f"Sharing:    {_on_or_off(sharing)}",
        ]
    rows = [
        ("Store:", printable(str(store))),
        ("Recording:", "on" if stock.is_recording else "off (config.yaml in the store)"),
        ("Events:", _events(stock)),
        ("First event:", _local(stock.first)),
        ("Last event:", _local(stock.last)),
        ("Open sessions:", str(stock.sessions_open)),
        ("Kept:", f"{stock.retention_days} days, up to {stock.store_megabytes} MB (config.yaml in the store)"),
        ("Sharing:", _on_or_off(sharing)),
        ("", _why(sharing)),
    ]
    return grid(rows)


def as_json(store: Path, stock: Stock, sharing: Sharing) -> dict[str, Any]:
    """The state as other tools read it; instants are UTC."""
    return {
        "store": str(store),
        "exists": stock.is_there,
        "recording": stock.is_recording,
        "events": {
            "lines": stock.lines,
            "bytes": stock.bytes,
            "months": list(stock.months),
            "first": stock.first,
            "last": stock.last,
        },
        "sessions_open": stock.sessions_open,
        "retention": {"days": stock.retention_days, "megabytes": stock.store_megabytes},
        "sharing": "on" if sharing.is_on else "off",
        "sharing_reason": sharing.reason.code if sharing.reason else None,
    }


def _json(store: Path, stock: Stock, sharing: Sharing) -> str:
    from json import dumps  # noqa: PLC0415 not for the text

    return dumps(as_json(store, stock, sharing), indent=2)


def _sharing(project: str) -> Sharing:
    """As `agentspec telemetry --status` says it: reports that wait for a server are shared once there is one."""
    reason = Gatherer(project, os.environ).reason(datetime.now(timezone.utc))
    return Sharing(reason is None or reason.code == "no_endpoint", reason)


def _on_or_off(sharing: Sharing) -> str:
    return "on" if sharing.is_on else "off (nothing leaves this machine)"


def _why(sharing: Sharing) -> str:
    more = "agentspec telemetry --status says more"
    is_plain = sharing.reason is None or sharing.reason.code in _PLAINLY_OFF
    return more if is_plain or not sharing.reason else f"{sharing.reason.text}; {more}"


def _events(stock: Stock) -> str:
    if not stock.lines:
        return "none yet"
    months = "1 month" if len(stock.months) == 1 else f"{len(stock.months)} months"
    return f"{stock.lines:,} in {months}, {_size(stock.bytes)}"


def _size(count: int) -> str:
    if count < 1024:
        return f"{count} bytes"
    return f"{count / 1024:.0f} KB" if count < 1024 * 1024 else f"{count / 1024 / 1024:.1f} MB"


def _local(moment: str | None) -> str:
    if moment is None:
        return "-"
    try:
        return f"{datetime.fromisoformat(moment.replace('Z', '+00:00')).astimezone():%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError):
        return "unreadable"
