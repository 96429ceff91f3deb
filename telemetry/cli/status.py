"""`agentspec status`: what is recorded where, and what leaves this machine."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from datetime import datetime
from pathlib import Path
from typing import Any

from telemetry.cli.projects import here, is_claude_codes_own, named_project, project_around, store_of
from telemetry.cli.reading import printable
from telemetry.cli.stock import Stock, stock_of

HELP = """\
What is recorded where: the store of this project, its size, what it keeps for how long,
and what leaves this machine (nothing)."""

EXAMPLES = """\
examples:
  agentspec status
  agentspec status --project ~/one --json
"""

SHARING = "off"


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
    print(_json(store, stock) if args.json else "\n".join(lines_of(store, stock)))
    return 0


def lines_of(store: Path, stock: Stock) -> list[str]:
    """The state as people read it."""
    from telemetry.insights.grid import grid  # noqa: PLC0415 not for --json

    if not stock.is_there:
        return [
            f"Store:      none at {printable(str(store))}",
            "Recording:  begins with the first AgentSpec phase in this project (agentspec doctor)",
            f"Sharing:    {SHARING} (nothing leaves this machine)",
        ]
    rows = [
        ("Store:", printable(str(store))),
        ("Recording:", "on" if stock.is_recording else "off (config.yaml in the store)"),
        ("Events:", _events(stock)),
        ("First event:", _local(stock.first)),
        ("Last event:", _local(stock.last)),
        ("Open sessions:", str(stock.sessions_open)),
        ("Kept:", f"{stock.retention_days} days, up to {stock.store_megabytes} MB (config.yaml in the store)"),
        ("Sharing:", f"{SHARING} (nothing leaves this machine)"),
    ]
    return grid(rows)


def as_json(store: Path, stock: Stock) -> dict[str, Any]:
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
        "sharing": SHARING,
    }


def _json(store: Path, stock: Stock) -> str:
    from json import dumps  # noqa: PLC0415 not for the text

    return dumps(as_json(store, stock), indent=2)


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
