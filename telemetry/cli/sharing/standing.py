"""`agentspec telemetry --status`: whether anything is shared, and if not, the reason; what waits, went, was refused."""

from __future__ import annotations

import json
from argparse import Namespace
from collections import Counter
from typing import Any

from telemetry.cli.codes import explained
from telemetry.cli.sharing import week
from telemetry.cli.sharing.setting import Setting, household_of, moment, plural, printable
from telemetry.consent.choice import note_switched_off
from telemetry.contract import layout
from telemetry.contract.errors import TelemetryError
from telemetry.journal.store import StoreRefused
from telemetry.sharing.household import Household
from telemetry.sharing.patience import retry_with
from telemetry.sharing.process import running_in
from telemetry.sharing.sealed import Held, text_of
from telemetry.sharing.takeback import pending_withdrawals


def run(args: Namespace, setting: Setting) -> int:
    """Print the state of sharing."""
    found = as_json(setting)
    print(json.dumps(found, indent=2) if args.json else "\n".join(lines_of(found)))
    return 0


def as_json(setting: Setting) -> dict[str, Any]:
    """The state of sharing for programs."""
    now = setting.now()
    facts, reason = setting.gatherer.asked(now)
    note_switched_off(facts, now)
    may_seal = reason is None or reason.code == "no_endpoint"
    said_yes = facts.receipt is not None and facts.receipt.choice == "yes"
    reports, this_week, problems = _reports(setting, may_seal)
    return {
        "sharing": "on" if may_seal else "off",
        "reason": None if reason is None else {"code": reason.code, "text": reason.text, "advice": reason.advice},
        "problems": [
            *setting.gatherer.config().problems,
            *(one for one in problems if one != (reason and reason.text)),
        ],
        "since": facts.receipt.at if facts.receipt and said_yes else None,
        "endpoint": facts.endpoint,
        "reports": reports,
        "week": this_week,
        "daemon": running_in(setting.store) is not None,
        "withdrawals_pending": len(pending_withdrawals()),
    }


def lines_of(found: dict[str, Any]) -> list[str]:
    """The state of sharing as people read it."""
    rows = [("Sharing:", _sharing(found)), *_why(found)]
    if found["sharing"] == "on":
        rows.append(("Goes to:", found["endpoint"] or "nowhere yet: no server is set"))
    rows += [("", problem) for problem in found["problems"]]
    rows += _counts(found["reports"])
    if found["sharing"] == "on" and found["week"]:
        rows += _week(found["week"])
    if found["withdrawals_pending"]:
        rows.append(("Withdrawals:", f"{plural(found['withdrawals_pending'], 'report')} still to be taken back"))
    rows.append(("Daemon:", "running" if found["daemon"] else "not running"))
    return [f"{label:<14}{text}".rstrip() for label, text in rows]


def _sharing(found: dict[str, Any]) -> str:
    if found["sharing"] == "off":
        return "off (nothing leaves this machine)"
    return f"on, since {moment(found['since'])}" if found["since"] else "on"


def _why(found: dict[str, Any]) -> list[tuple[str, str]]:
    reason = found["reason"]
    if reason is None:
        return []
    advice = [("", reason["advice"])] if reason["advice"] else []
    return [("Because:" if found["sharing"] == "off" else "But:", reason["text"]), *advice]


def _counts(reports: dict[str, Any]) -> list[tuple[str, str]]:
    rows = []
    if reports["waiting"]:
        when = f", the first may leave {moment(reports['next'])}" if reports["next"] else ""
        rows.append(("Waiting:", plural(reports["waiting"], "report") + when))
    if reports["under_way"]:
        rows.append(("Under way:", plural(reports["under_way"], "report")))
    if reports["retry"]:
        why, at = printable(reports["retry"]["why"]), moment(reports["retry"]["at"])
        rows.append(("Last try:", f"failed ({why}), again {at}"))
    if reports["sent"]:
        rows.append(("Sent:", plural(reports["sent"], "report")))
    for reason, count in reports["refused"].items():
        rows.append(("Refused:", f"{plural(count, 'report')} ({printable(reason)})"))
    return rows


def _week(found: dict[str, Any]) -> list[tuple[str, str]]:
    sealed, left_out = week.is_sealed(found), week.left_out(found)
    return [
        ("This week:", week.has_left(found)),
        *([("", sealed)] if sealed else []),
        *([("Left out:", left_out)] if left_out else []),
    ]


def _reports(setting: Setting, may_seal: bool) -> tuple[dict[str, Any], dict[str, Any] | None, list[str]]:
    """What became of the reports, the person's week, and what keeps it from being known.

    A planted link must not hide the reason.
    """
    none = {"waiting": 0, "under_way": 0, "sent": 0, "refused": {}, "next": None, "retry": None}
    try:
        with household_of(setting) as household:
            if household is None:
                return none, None, []
            if may_seal:
                household.seal_if_free(setting.now())
            return _counted(household, setting, may_seal), week.as_json(household, setting.now()), []
    except StoreRefused as refused:
        return none, None, [f"the store cannot be used: {explained(refused.code)[0]}"]
    except TelemetryError as error:  # a state folder that cannot be trusted, or another command at work
        return none, None, [error.message]


def _counted(household: Household, setting: Setting, is_on: bool) -> dict[str, Any]:
    held = household.reports.held(*layout.STATES)
    count = Counter(one.state for one in held)
    due = household.next_due(setting.now())
    retry = retry_with(household.reports.store, setting.gatherer.config().endpoint) if is_on else None
    return {
        "waiting": count[layout.OUTBOX],
        "under_way": count[layout.SENDING],
        "sent": count[layout.SENT],
        "refused": dict(Counter(_refusal(one) for one in held if one.state == layout.REFUSED)),
        "next": text_of(due) if due else None,
        "retry": {"why": retry.why, "at": text_of(retry.not_before), "failures": retry.failures} if retry else None,
    }


def _refusal(held: Held) -> str:
    return f"by {held.outcome.get('refused_by', 'nobody')}: {held.outcome.get('reason', 'unknown')}"
