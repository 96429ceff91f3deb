"""`agentspec telemetry --enable`: the dialog, and a person's yes."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from pathlib import Path
from typing import NamedTuple, TextIO

from telemetry.cli.sharing import standing
from telemetry.cli.sharing.example import example_of
from telemetry.cli.sharing.paging import show, size_of
from telemetry.cli.sharing.setting import Setting, asked, household_of, in_session, moment, plural
from telemetry.consent.choice import name_server, say_no, say_yes
from telemetry.consent.dialog import FROM_NOW, QUESTION, consent_screen, says_yes
from telemetry.consent.edit import set_in_store
from telemetry.consent.gate import TO_ASK, TO_SEAL, going_on, reason_against
from telemetry.consent.receipt import Receipt
from telemetry.contract import layout
from telemetry.contract.config import endpoint_of, endpoint_problem
from telemetry.contract.errors import TelemetryError
from telemetry.journal.store import open_store
from telemetry.sharing.sealing import hold_back_all

# Where a person is asked without having typed --enable: the gate's reason → what is said before the dialog.
_BY_HAND = "config.yaml says `sharing: on`. On needs your yes to this:"
OFFERED = {
    **dict.fromkeys(("no_receipt", "said_no", "other_store", "receipt_altered"), _BY_HAND),
    "endpoint_changed": "config.yaml names another address than your yes did. It needs your yes to this:",
}


class Question(NamedTuple):
    """What a person is asked. `yes`: an earlier one that goes on where they say yes to this."""

    endpoint: str | None
    hours: int
    yes: Receipt | None


def run(args: Namespace, setting: Setting) -> int:
    """Show, ask, and write the answer down."""
    endpoint = _endpoint(args.endpoint, setting)
    if _is_on_already(setting, endpoint):
        return standing.run(args, setting)
    _may_be_asked(setting)
    question = _question(setting, endpoint)
    _show_terms(setting, question, asks=not args.yes, stream=sys.stderr if args.json else None)
    if not args.yes and not setting.is_person:
        raise TelemetryError(
            "nobody can be asked here, and nothing was changed",
            "Run it in your own terminal; in a script of your own, add --yes to say that you agree to the above.",
        )
    if not args.yes and not says_yes(asked(QUESTION, sys.stderr if args.json else None)):
        return _declined(args, setting)
    accept(setting, *question)
    return standing.run(args, setting)


def offer(setting: Setting) -> None:
    """The dialog for who wrote `sharing: on`, or an address, by hand: asked once, at the next interactive command."""
    facts, reason = setting.gatherer.asked(setting.now(), TO_SEAL)
    if facts.switch != "on" or reason is None or reason.code not in OFFERED or not setting.is_person:
        return
    question = _question(setting, facts.endpoint)
    _show_terms(setting, question, OFFERED[reason.code])
    if says_yes(asked(QUESTION)):
        accept(setting, *question)
        print("Thank you. Sharing is on for this project.\n")
    else:
        decline(setting)
        print("Nothing is shared; config.yaml says `sharing: off` again.\n")


def _show_terms(
    setting: Setting, question: Question, *above: str, asks: bool = True, stream: TextIO | None = None
) -> None:
    """What a yes would be to, on one screen with the question; all of it where nobody is asked."""
    below = _what_waits(setting, question)
    size = size_of(stream) if asks and setting.is_person else None
    rows = size.rows - 1 - len(above) - len(below) if size else None
    since = f"after your yes of {moment(question.yes.at)}" if question.yes else FROM_NOW
    screen = consent_screen(question.endpoint, question.hours, example_of(setting), rows, since)
    show("\n".join([*above, screen, *below]), stream, size)


def accept(setting: Setting, endpoint: str | None, hours: int, yes: Receipt | None = None) -> None:
    """Write a yes down, to the address and the rest that were shown, whatever config.yaml says by now.

    `yes`: an earlier one that named no server. It goes on to this one, with what waits for it, unless something ended
    it while the question stood. What was sealed under any other is deleted: a yes is never retroactive.
    """
    with open_store(setting.gatherer.project) as store:
        store.key()  # and with it the furniture of a new store
        if endpoint and yes and _still_stands(setting, yes) and name_server(store, yes, endpoint, hours):
            return
        if endpoint is not None and endpoint != setting.gatherer.config().endpoint:
            set_in_store(store, endpoint=endpoint)  # where that cannot be done, nothing else was
        hold_back_all(store, setting.store, setting.now())  # on the disk before the yes counts
        forget_waiting(setting)
        os.close(store.folder(layout.OUTBOX))  # the hook of a session's start looks for it
        say_yes(store, setting.store, endpoint, hours, setting.now())


def _still_stands(setting: Setting, yes: Receipt) -> bool:
    return going_on(setting.gatherer.facts(setting.now())) == yes


def decline(setting: Setting) -> None:
    """Write a no down, where there was a wish to undo."""
    if Path(setting.store).is_dir():
        with open_store(setting.gatherer.project, create=False) as store:
            say_no(store, setting.store, setting.now())


def forget_waiting(setting: Setting) -> int:
    """Delete the reports that wait and were in no request yet; how many."""
    with household_of(setting) as household:
        return household.forget_waiting() if household else 0


def _question(setting: Setting, endpoint: str | None) -> Question:
    facts = setting.gatherer.facts(setting.now())
    return Question(endpoint, setting.gatherer.config().maturity_hours, going_on(facts) if endpoint else None)


def _what_waits(setting: Setting, question: Question) -> list[str]:
    """What a yes does to the reports that wait, as a line; none where none does."""
    with household_of(setting) as household:
        waiting = household.reports.held(layout.OUTBOX) if household else []
    if not waiting:
        return []
    count = f"{plural(len(waiting), 'report')} that wait{'s' if len(waiting) == 1 else ''} here"
    if question.yes:
        return [f"{count} will go there after these hours, too."]
    return [f"A yes deletes {count}: sealed under an earlier one."]


def _endpoint(typed: str | None, setting: Setting) -> str | None:
    if typed is None:
        return setting.gatherer.config().endpoint
    problem = endpoint_problem(typed)
    if problem:
        raise TelemetryError(f"reports cannot go to that address: {problem}", "Write it as https://reports.example.org")
    return endpoint_of(typed)


def _is_on_already(setting: Setting, endpoint: str | None) -> bool:
    facts, reason = setting.gatherer.asked(setting.now(), TO_SEAL)
    receipt = facts.receipt
    is_shorter = receipt is not None and setting.gatherer.config().maturity_hours < receipt.hours
    return reason is None and facts.endpoint == endpoint and not is_shorter


def _may_be_asked(setting: Setting) -> None:
    """Where a yes would change nothing, nobody is asked for it."""
    if in_session(setting.environ):
        raise TelemetryError(
            "a session of Claude Code may not say yes for you, and nothing was changed",
            "Run agentspec telemetry --enable in a terminal of your own.",
        )
    reason = reason_against(setting.gatherer.facts(setting.now()), TO_ASK)
    if reason is not None:
        raise TelemetryError(f"sharing cannot be turned on: {reason.text}", reason.advice)


def _declined(args: Namespace, setting: Setting) -> int:
    """A no to a wish written by hand undoes the wish; a no to something new leaves an earlier yes as it was."""
    facts, reason = setting.gatherer.asked(setting.now(), TO_SEAL)
    if reason is not None and facts.switch == "on":
        decline(setting)
    said = "Nothing was changed: sharing is on as before." if reason is None else "Nothing is shared."
    print(said, file=sys.stderr if args.json else sys.stdout)
    return standing.run(args, setting) if args.json else 0
