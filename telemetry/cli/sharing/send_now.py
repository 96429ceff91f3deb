"""`agentspec telemetry --send-now [ID]`: sends what a person does not want to wait for. The gate still decides.

No more leaves in a week for that. The wait is there for the person to read and delete: a model that types this in a
session cannot end it.
"""

from __future__ import annotations

import json
from argparse import Namespace

from telemetry.cli.sharing import week
from telemetry.cli.sharing.setting import Setting, found_in, household_of, in_session, plural
from telemetry.consent.gate import REASONS
from telemetry.contract import layout
from telemetry.contract.errors import TelemetryError
from telemetry.sharing.sending import Round

_SERVER = "The reports wait here; the daemon tries again by itself, later and later."


def run(args: Namespace, setting: Setting) -> int:
    """Seal what has settled, send what was chosen."""
    if in_session(setting.environ):
        raise TelemetryError(
            "a session of Claude Code may not shorten the wait for you",
            "Run it in a terminal of your own; what has waited long enough leaves by itself.",
        )
    with household_of(setting) as household:
        reason = setting.gatherer.reason(setting.now())
        if reason is not None or household is None:
            reason = reason or REASONS["no_receipt"]
            raise TelemetryError(f"nothing may leave: {reason.text}", reason.advice)
        household.seal(setting.now())
        chosen = frozenset[str]()
        if args.send_now:
            waiting = household.reports.held(layout.SENDING, layout.OUTBOX)
            chosen = frozenset((found_in(waiting, args.send_now).id,))
        outcome = household.send(setting.now, at_once=True, chosen=chosen)
        this_week = week.as_json(household, setting.now())
    if args.json:
        said = {"sent": outcome.sent, "refused": outcome.refused, "full": outcome.full, "stopped": outcome.stopped}
        print(json.dumps(said))
    else:
        print(_told(outcome))
        if outcome.full:
            print(f"{plural(outcome.full, 'report')} must wait: this week {week.has_left(this_week)}.")
    return 1 if outcome.stopped or outcome.full else 0


def _told(outcome: Round) -> str:
    text = f"{plural(outcome.sent, 'report')} sent."
    if outcome.refused:
        text += f" {plural(outcome.refused, 'report')} refused; agentspec telemetry --status says why."
    if outcome.stopped is None:
        return text
    if outcome.stopped in REASONS:
        return f"{text} Then it ended: {REASONS[outcome.stopped].text}."
    return f"{text} Then the server failed ({outcome.stopped}). {_SERVER}"
