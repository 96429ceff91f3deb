"""`agentspec telemetry --send-now [ID]`: sends what a person does not want to wait for. The gate still decides.

It skips the rest, and our own wait after a failure; not the wait that a server asked for, and no more leaves in a week
for it. The rest is there for the person to read and delete: a model that types this in a session cannot end it.
"""

from __future__ import annotations

import json
from argparse import Namespace

from telemetry.cli.sharing import week
from telemetry.cli.sharing.setting import Setting, found_in, household_of, in_session, moment, plural
from telemetry.consent.gate import REASONS
from telemetry.contract import layout
from telemetry.contract.errors import TelemetryError
from telemetry.sharing.patience import is_asked_to_wait, retry_with
from telemetry.sharing.process import running_in
from telemetry.sharing.sealed import text_of
from telemetry.sharing.sending import Round

_BY_HAND = "no daemon runs; the next session in this project starts one, and --send-now needs none"


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
        before = retry_with(household.reports.store, setting.gatherer.config().endpoint)
        was_asked_to_wait = is_asked_to_wait(before, setting.now())
        outcome = household.send(setting.now, at_once=True, chosen=chosen)
        this_week = week.as_json(household, setting.now())
    if args.json:
        said = {"sent": outcome.sent, "refused": outcome.refused, "full": outcome.full, "stopped": outcome.stopped}
        print(json.dumps(said))
    else:
        print(_told(outcome, was_asked_to_wait, running_in(setting.store) is not None))
        if outcome.full:
            print(f"{plural(outcome.full, 'report')} must wait: this week {week.has_left(this_week)}.")
    return 1 if outcome.stopped or outcome.full else 0


def _told(outcome: Round, was_asked_to_wait: bool, has_daemon: bool) -> str:
    text = f"{plural(outcome.sent, 'report')} sent."
    if outcome.refused:
        text += f" {plural(outcome.refused, 'report')} refused; agentspec telemetry --status says why."
    if outcome.stopped is None:
        return text
    if outcome.stopped in REASONS:
        return f"{text} Then it ended: {REASONS[outcome.stopped].text}."
    seen = "The server asked not to be asked yet" if was_asked_to_wait else "Then the server failed"
    return f"{text} {seen} ({outcome.stopped}). What is left waits here. {_again(outcome, has_daemon)}"


def _again(outcome: Round, has_daemon: bool) -> str:
    at = f" at {moment(text_of(outcome.retry.not_before))}" if outcome.retry else ""
    return f"The daemon tries again{at}." if has_daemon else f"The next try is due{at}: {_BY_HAND}."
