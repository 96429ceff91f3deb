"""Taking reports back: lists in the person's state folder say which, until the server has answered for each.

A list is durable before anything of the project goes, so a kill or a dead server loses none. One list is one request:
reports of one project, one address; reports of two projects are never named together. It holds no path and no name.
What a person typed is asked at once; what is left of it is tried again in passing, where no variable forbids it.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from telemetry.consent.state import KEY, State, StateRefused, open_state
from telemetry.contract.config import endpoint_problem
from telemetry.contract.faults import reached
from telemetry.contract.refusals import forbidding
from telemetry.sharing.allowance import PLACES
from telemetry.sharing.answer import Answer
from telemetry.sharing.sealed import Held, text_of

SUFFIX = ".withdrawal"
MOST_TOKENS = 100  # in a request
BETWEEN_TRIES = timedelta(hours=1)  # the least time between two tries that nobody typed
ANSWERS = frozenset(("withdrawn", "aggregated_only", "unknown"))
PENDING = "pending"
_SILENT = frozenset(("timeout", "unreachable", "tls", "proxy"))


class Withdrawal(NamedTuple):
    """A report that may have arrived: its id, what takes it back, the address it went to."""

    id: str
    token: str
    endpoint: str


class Asking(NamedTuple):
    """One list, as its file holds it. `tried`: the last try, or None."""

    name: str
    endpoint: str
    reports: tuple[Withdrawal, ...]
    tried: str | None


class TakenBack(NamedTuple):
    """What became of a report: one of ANSWERS, or `pending` and why."""

    id: str
    status: str
    why: str | None = None


Ask = Callable[[str, "list[str]", datetime], Answer]  # endpoint, tokens, now


def withdrawals_of(held: Held) -> list[Withdrawal]:
    """How to take a report back, from each server that it was sent to; nothing for what this person did not seal.

    The addresses are those that we wrote before each request, and sealed: a file that somebody planted or changed
    names no server to us.
    """
    if held.sealed is None:
        return []
    return [Withdrawal(held.id, held.sealed.token, place) for place in held.went_to if endpoint_problem(place) is None]


def note(state: State, wanted: Iterable[Withdrawal]) -> None:
    """Put reports on lists, for good; those that are on one already are not put on another."""
    known = {(one.token, one.endpoint) for asking in _lists(state) for one in asking.reports}
    new = sorted(
        (one for one in set(wanted) if (one.token, one.endpoint) not in known), key=lambda one: (one.endpoint, one.id)
    )
    for endpoint, group in groupby(new, key=lambda one: one.endpoint):
        reports = tuple(group)
        for start in range(0, len(reports), MOST_TOKENS):
            part = reports[start : start + MOST_TOKENS]
            _write(state, Asking(secrets.token_hex(8) + SUFFIX, endpoint, part, None))


def pending_withdrawals() -> list[Withdrawal]:
    """The reports that are still to be taken back, of all projects."""
    with contextlib.suppress(StateRefused, OSError):
        state = open_state()
        if state is not None:
            with state:
                return [one for asking in _lists(state) for one in asking.reports]
    return []


def take_back(state: State, now: datetime, ask: Ask) -> list[TakenBack]:
    """Ask for all that is on lists; what became of each. Typed by a person: no wait and no variable holds it up."""
    return _asked_all(state, list(_lists(state)), now, ask)


def retry_withdrawals(now: datetime, environ: Mapping[str, str] = os.environ, ask: Ask | None = None) -> None:
    """Try again what is still on lists, at most once an hour each, without much patience; never raises."""
    if forbidding(environ):
        return
    with contextlib.suppress(StateRefused, OSError):
        state = open_state()
        if state is not None:
            with state:
                due = [asking for asking in _lists(state) if not _was_tried_lately(asking, now)]
                _asked_all(state, due, now, ask or in_passing)
                _forget_places(state)


def _forget_places(state: State) -> None:
    """After a purge of everything they were kept for the sake of the lists alone."""
    names = state.names()
    if KEY not in names and not any(name.endswith(SUFFIX) for name in names):
        state.remove(PLACES)


def _asked_all(state: State, lists: list[Asking], now: datetime, ask: Ask) -> list[TakenBack]:
    """Each list is a request; a server that gave no answer to one is not waited for again in this run."""
    found: list[TakenBack] = []
    silent: dict[str, str | None] = {}
    for asking in lists:
        if asking.endpoint in silent:
            found += [TakenBack(one.id, PENDING, silent[asking.endpoint]) for one in asking.reports]
            continue
        answers = _asked(state, asking, now, ask)
        found += answers
        if answers and all(one.why in _SILENT for one in answers):
            silent[asking.endpoint] = answers[0].why
    return found


def patiently(endpoint: str, tokens: list[str], now: datetime) -> Answer:
    """Ask the server of an address, as for a person who waits for the answer."""
    from telemetry.sharing.wire import Wire  # noqa: PLC0415 a slow import, for those who have something to take back

    with contextlib.closing(Wire(endpoint)) as wire:
        return wire.withdrawals(tokens, now)


def in_passing(endpoint: str, tokens: list[str], now: datetime) -> Answer:
    """Ask the server of an address, in a command that was typed for something else."""
    from telemetry.sharing.wire import IN_PASSING, Wire  # noqa: PLC0415

    with contextlib.closing(Wire(endpoint, limits=IN_PASSING)) as wire:
        return wire.withdrawals(tokens, now)


def _asked(state: State, asking: Asking, now: datetime, ask: Ask) -> list[TakenBack]:
    """One request, and what is left of its list. The try is noted first: a server that hangs is not asked at once."""
    asking = asking._replace(tried=text_of(now))
    _write(state, asking)
    reached("withdrawal_begun")
    answer = ask(asking.endpoint, [one.token for one in asking.reports], now)
    reached("withdrawal_answered")
    said = {
        one["token"]: one["status"]
        for one in answer.results or []
        if isinstance(one.get("token"), str) and isinstance(one.get("status"), str)
    }
    why = answer.why if answer.why != "ok" else "answer_incomplete"
    found = [
        TakenBack(one.id, str(said[one.token])) if said.get(one.token) in ANSWERS else TakenBack(one.id, PENDING, why)
        for one in asking.reports
    ]
    left = tuple(one for one, its in zip(asking.reports, found, strict=True) if its.status == PENDING)
    if not left:
        state.remove(asking.name)
    elif left != asking.reports:
        _write(state, asking._replace(reports=left))
    reached("withdrawal_noted")
    return found


def _was_tried_lately(asking: Asking, now: datetime) -> bool:
    """A try in the future comes from a clock that was wrong."""
    if asking.tried is None:
        return False
    try:
        tried = datetime.fromisoformat(asking.tried.replace("Z", "+00:00"))
        return timedelta(0) <= now - tried < BETWEEN_TRIES
    except (ValueError, TypeError):
        return False


def _write(state: State, asking: Asking) -> None:
    reports = [{"id": one.id, "token": one.token} for one in asking.reports]
    content = {"endpoint": asking.endpoint, "tried": asking.tried, "reports": reports}
    state.write(asking.name, json.dumps(content, indent=1).encode() + b"\n")


def _lists(state: State) -> Iterator[Asking]:
    """All lists there are; one that cannot be read is left alone."""
    for name in state.names():
        if name.endswith(SUFFIX):
            with contextlib.suppress(StateRefused):
                data = state.read(name)
                asking = _parsed(name, data) if data else None
                if asking is not None:
                    yield asking


def _parsed(name: str, data: bytes) -> Asking | None:
    try:
        content = json.loads(data)
        endpoint, tried = content["endpoint"], content["tried"]
        reports = tuple(Withdrawal(str(one["id"]), str(one["token"]), endpoint) for one in content["reports"])
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if not isinstance(endpoint, str) or endpoint_problem(endpoint) is not None:
        return None
    return Asking(name, endpoint, reports, tried if isinstance(tried, str) else None)
