"""`agentspec insights --community`: the person's own figures beside everybody's, compared on this machine.

Holds no logic of its own: what may be asked and believed is decided in telemetry/sharing/benchmarks.py, what is said
in telemetry/insights/community. Imported only where it was asked for.
"""

from __future__ import annotations

import json
import os
from argparse import Namespace
from collections.abc import Callable, Mapping
from datetime import datetime

from telemetry.cli.sharing.setting import Setting, in_session, setting_of
from telemetry.consent.choice import untrusted
from telemetry.consent.gate import REASONS, Reason
from telemetry.consent.state import StateRefused
from telemetry.contract.errors import TelemetryError
from telemetry.contract.records import TrackedFeature
from telemetry.contract.release import Release, release_of
from telemetry.contract.release_standing import Standing
from telemetry.insights.community.as_json import as_json
from telemetry.insights.community.report import community_of
from telemetry.insights.community.screen import screen
from telemetry.insights.period import Period
from telemetry.insights.screen import remark
from telemetry.sharing.benchmarks import Benchmarks, NotShared, Wishes, benchmarks_for
from telemetry.sharing.released import is_key
from telemetry.sharing.sane import Document

OWN = "Your own figures: agentspec insights"


def answer(
    args: Namespace,
    projects: list[str],
    period: Period,
    own: Callable[[], list[TrackedFeature]],
    moment: datetime,
    environ: Mapping[str, str] = os.environ,
) -> str:
    """The text to print. `own` loads the person's features of the period, once there is something to compare with."""
    wishes = _wishes(args, environ)
    found = _benchmarks(projects, wishes, environ)
    comparison = community_of(own(), _release(found.week), _release(found.month), moment)
    if args.json:
        return json.dumps(as_json(comparison, found.standing, period), indent=2, ensure_ascii=False) + "\n"
    return screen(comparison, found.standing, period, args.leaderboard) + _first_seen(found.standing)


def _first_seen(standing: Standing) -> str:
    """The whole key, for as long as nobody but the first answer has vouched for it."""
    if not standing.first_seen:
        return ""
    told = remark(
        "The key that signs these benchmarks was seen here for the first time today, and is believed from now on."
        " Compare it with what the server's operator publishes:"
    )
    return f"{told}\n  {standing.key}\n"


def _wishes(args: Namespace, environ: Mapping[str, str]) -> Wishes:
    """Raises TelemetryError for what does not go together."""
    for option in ("source", "records"):
        if getattr(args, option):
            name = "from" if option == "source" else option
            raise TelemetryError(f"--community and --{name} do not go together", "Leave one of them out.")
    if args.server_key is None:
        return Wishes(args.refresh)
    if in_session(environ) or environ.get("CLAUDE_PROJECT_DIR"):
        raise TelemetryError(
            "whom to believe is not decided in a session of Claude Code", "Name the key in a terminal of your own."
        )
    key = args.server_key.strip().lower()
    if not is_key(key):
        raise TelemetryError("--server-key is no key", "It has 64 hexadecimal digits; the server's operator tells it.")
    return Wishes(args.refresh, key)


def _benchmarks(projects: list[str], wishes: Wishes, environ: Mapping[str, str]) -> Benchmarks:
    settings = [setting_of(project, environ) for project in projects]
    try:
        if not settings:
            raise NotShared(REASONS["sharing_off"])
        return benchmarks_for([setting.gatherer for setting in settings], _now(settings), wishes)
    except NotShared as refused:
        raise _nothing_to_compare_with(refused.reason) from None
    except StateRefused as refused:
        raise untrusted(refused) from None


def _now(settings: list[Setting]) -> datetime:
    """The system's own time: no variable makes a key old, or an hour pass."""
    return settings[0].now()


def _nothing_to_compare_with(reason: Reason) -> TelemetryError:
    """Who does not share does not compare; their own figures are the same. A yes is spoken of where it mends that."""
    if reason.code == "sharing_off" or reason.asks:
        return TelemetryError(
            f"there is nothing to compare with, as {reason.text}: `agentspec telemetry --enable` asks for it,"
            " and your own figures stay either way"
        )
    hint = f"{reason.advice} ({OWN})" if reason.advice else OWN
    return TelemetryError(f"there is nothing to compare with: {reason.text}", hint)


def _release(document: Document | None) -> Release | None:
    return release_of(document) if document is not None else None
