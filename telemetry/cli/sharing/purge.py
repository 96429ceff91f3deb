"""`agentspec telemetry --purge [--all]`: erase what is here, and take back what the server still has."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from telemetry.cli.codes import explained
from telemetry.cli.projects import is_claude_codes_own
from telemetry.cli.reading import printable
from telemetry.cli.sharing.setting import Setting, asked, in_session, moment, plural
from telemetry.consent.dialog import says_yes
from telemetry.consent.gate import REASONS
from telemetry.consent.receipt import SUFFIX, receipts_in
from telemetry.consent.state import State, StateRefused, open_state, state_path
from telemetry.contract import durable, layout
from telemetry.contract.errors import TelemetryError
from telemetry.features.cache import corner
from telemetry.sharing.erase import BUSY, INSTALLED, PENDING, STRANGER, Left, erase_cache, erase_state
from telemetry.sharing.purge import Found, Purged, look, purge
from telemetry.sharing.takeback import PENDING as NOT_YET
from telemetry.sharing.takeback import TakenBack, patiently, pending_withdrawals, take_back

QUESTION = "Erase? [y/N] "
STATES = {layout.OUTBOX: "waiting", layout.SENDING: "under way", layout.SENT: "sent", layout.REFUSED: "refused"}
SAID = {
    "withdrawn": "withdrawn: the server has deleted it",
    "aggregated_only": "already only in aggregates: sums that cannot be told apart",
    "unknown": "unknown to the server: it never came, or is long gone",
    NOT_YET: "server not reached",
}
WHY = {
    STRANGER: "not ours",
    INSTALLED: "agentspec uninstall needs it, and takes it along",
    BUSY: "a session records here at this moment; purge again",
    PENDING: "what is still to be taken back",
}
AGAIN = "AgentSpec's next phase here makes a new store, unless you uninstall the plugin (or: agentspec uninstall)"
BUT = "or make .claude/telemetry/config.yaml anew, with the one line `recording: off`."
LATER = "They are kept on a small list; whatever agentspec you type asks again, once an hour, --purge at once."
LOST = "What they hold cannot be taken back: nothing here says how, or where they went."


class Plan(NamedTuple):
    """What a purge is about. `state_fault`: why the person's state folder cannot be used; `altered`: receipts there."""

    projects: list[Found]
    pending: int
    everything: bool
    state_fault: str | None
    altered: int

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.everything or self.pending or self.projects)


class Done(NamedTuple):
    """What came of it. `state_left`: what stays in the person's state folder after --all."""

    projects: list[Purged]
    answers: list[TakenBack]
    is_state_erased: bool
    state_left: list[Left]


def run(args: Namespace, setting: Setting) -> int:
    """Show, ask, erase, take back, and say what came of each."""
    if in_session(setting.environ):
        raise TelemetryError(
            "a session of Claude Code may not erase or take back for you, and nothing was changed",
            "Run agentspec telemetry --purge in a terminal of your own.",
        )
    with _opened_state() as (state, fault):
        plan = _planned(args, setting, state, fault)
        if plan.is_empty:
            _sweep(state)
            print(
                json.dumps(_as_json(plan, Done([], [], False, []))) if args.json else "There is nothing to erase here."
            )
            return 0
        screen = sys.stderr if args.json else None  # a program that reads JSON gets nothing else
        print("\n".join(_screen(plan)), file=screen)
        if not args.yes and not setting.is_person:
            raise TelemetryError(
                "nobody can be asked here, and nothing was changed",
                "Run it in your own terminal; in a script of your own, add --yes.",
            )
        if not args.yes and not says_yes(asked(QUESTION, screen)):
            print("Nothing was erased.", file=screen)
            if args.json:
                print(json.dumps(_as_json(plan, Done([], [], False, [])), indent=2))
            return 0
        done = _carried_out(plan, setting, state)
    print(json.dumps(_as_json(plan, done), indent=2) if args.json else "\n".join(_told(plan, done)))
    return 0 if _is_all_done(plan, done) else 1


def _planned(args: Namespace, setting: Setting, state: State | None, fault: str | None) -> Plan:
    here = setting.gatherer.project
    projects = [] if args.all and is_claude_codes_own(here, setting.environ) else [here]
    altered = 0
    if args.all and state is not None:
        receipts = receipts_in(state)
        known = [str(Path(receipt.store).parents[1]) for receipt in receipts]
        projects = list(dict.fromkeys([*projects, *known]))
        altered = sum(name.endswith(SUFFIX) for name in state.names()) - len(receipts)
    found = [look(project, state) for project in projects]
    return Plan(
        [one for one in found if one.has_store or one.receipt], len(pending_withdrawals()), args.all, fault, altered
    )


def _carried_out(plan: Plan, setting: Setting, state: State | None) -> Done:
    """Everything here first, project by project; then the server; with --all the person's own folders last."""
    _sweep(state)
    purged = [purge(one.project, state, setting.now()) for one in plan.projects]
    answers = [] if state is None else take_back(state, setting.now(), patiently)
    if not plan.everything or any(one.problem for one in purged):
        return Done(purged, answers, False, [])
    erase_cache(corner())
    return Done(purged, answers, True, erase_state(state, state_path())) if state else Done(purged, answers, False, [])


def _sweep(state: State | None) -> None:
    """A killed writer's drafts hold what the files do."""
    if state is not None:
        durable.sweep(state.fd)


def _is_all_done(plan: Plan, done: Done) -> bool:
    """What a server has yet to answer is on a list, and does not count; nor what is not ours."""
    allowed = (STRANGER, INSTALLED, PENDING)
    left = [*done.state_left, *(one for purged in done.projects for one in purged.left)]
    return (
        plan.state_fault is None
        and all(one.problem is None and not one.found.lost for one in done.projects)
        and all(one.why in allowed for one in left)
    )


# --- before


def _screen(plan: Plan) -> list[str]:
    lines = ["THIS WILL BE ERASED, FOR GOOD", "━" * 29]
    for found in plan.projects:
        lines += [*_found_lines(found), ""]
    if plan.everything:
        lines += [*_person_lines(plan), ""]
    wanted = sum(len(one.wanted) for one in plan.projects)
    if wanted:
        lines.append(f"The server is asked to delete {plural(wanted, 'report')} that it may still have.")
        lines.append("What is in sums already cannot be told apart, and stays.")
    if plan.pending:
        lines.append(f"{plural(plan.pending, 'report')} of an earlier purge: the server is asked again.")
    lines += [f"Your state folder cannot be used: {_reason(plan.state_fault)}."] if plan.state_fault else []
    return lines


def _found_lines(found: Found) -> list[str]:
    lines = [printable(found.project)]
    if found.has_store:
        lines.append(f"  {plural(found.events, 'event')}; key, config.yaml, caches, debug.log")
        reports = [f"{count:,} {STATES[name]}" for name, count in found.reports.items() if count]
        lines += [f"  reports: {', '.join(reports)}"] if reports else []
    else:
        lines.append("  no store is there (any more)")
    if found.receipt:
        lines.append(f"  your {found.receipt.choice} to sharing, of {moment(found.receipt.at)}")
    if found.lost:
        lines.append(f"  {plural(found.lost, 'report')} may have been sent. {LOST}")
    return lines


def _person_lines(plan: Plan) -> list[str]:
    altered = f", {plural(plan.altered, 'receipt')} that cannot be read" if plan.altered else ""
    return ["Of all projects", f"  your state folder: the key of your receipts{altered}; what we keep in your caches"]


# --- after


def _told(plan: Plan, done: Done) -> list[str]:
    lines = [""]
    for one in done.projects:
        lines += _purged_lines(one)
    if done.answers:
        lines += ["", "TAKEN BACK"]
        lines += [f"{one.id}  {SAID[one.status]}{f' ({one.why})' if one.why else ''}" for one in done.answers]
        lines += [LATER] if any(one.status == NOT_YET for one in done.answers) else []
    if done.is_state_erased:
        stays = f", but for {_left_text(done.state_left)}" if done.state_left else ""
        lines += ["", f"Your state folder is erased{stays}."]
    if plan.state_fault:
        lines += ["", f"What your state folder holds was not touched: {_reason(plan.state_fault)}."]
    return lines


def _purged_lines(one: Purged) -> list[str]:
    if one.problem is not None:
        return [f"{printable(one.found.project)}: NOT erased: {_problem(one.problem)}"]
    if not one.found.has_store:
        return _without_store(one.found)
    reports = sum(one.found.reports.values())
    lines = [
        f"{printable(one.found.project)}: erased ({plural(one.found.events, 'event')}, {plural(reports, 'report')})."
    ]
    lines += [f"  left: {_left_text(one.left)}"] if one.left else []
    lines += [f"  {plural(one.found.lost, 'report')} may have been sent. {LOST}"] if one.found.lost else []
    return [*lines, f"  {AGAIN}", f"  {BUT}"]


def _without_store(found: Found) -> list[str]:
    gone = (
        " What it had sent cannot be taken back: that went with the store."
        if found.receipt and found.receipt.endpoint
        else ""
    )
    return [f"{printable(found.project)}: no store there; your word about it is forgotten.{gone}"]


def _left_text(left: list[Left]) -> str:
    return ", ".join(f"{_printable(one.name)} ({WHY.get(one.why) or explained(one.why)[0]})" for one in left)


def _printable(name: str) -> str:
    """A stranger's file may be called anything: no control character reaches the terminal."""
    return name if name.isprintable() else ascii(name)


def _problem(code: str) -> str:
    return explained(code)[0] if code.isidentifier() else code


def _reason(code: str) -> str:
    return REASONS[code].text


def _as_json(plan: Plan, done: Done) -> dict[str, Any]:
    return {
        "projects": [
            {
                "project": one.found.project,
                "erased": one.problem is None,
                "problem": one.problem,
                "events": one.found.events,
                "reports": one.found.reports,
                "cannot_be_taken_back": one.found.lost,
                "left": [left._asdict() for left in one.left],
            }
            for one in done.projects
        ],
        "withdrawals": [one._asdict() for one in done.answers],
        "pending": sum(one.status == NOT_YET for one in done.answers),
        "state": plan.state_fault,
        "state_erased": done.is_state_erased,
        "state_left": [left._asdict() for left in done.state_left],
    }


@contextmanager
def _opened_state() -> Iterator[tuple[State | None, str | None]]:
    """The person's state folder, or none and why it cannot be used; a purge does what can be done without it."""
    try:
        state = open_state()
    except StateRefused as refused:
        yield None, refused.code
        return
    if state is None:
        yield None, None
        return
    with state:
        yield state, None
