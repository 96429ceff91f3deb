"""Purging one project, in an order in which a kill at any boundary and another purge end well.

    note what to take back → say no → end the daemon → note what it sent meanwhile → erase → forget the receipt

Asking the server comes after all that (takeback.py): the lists are durable, and what is here is gone for certain.
The receipt says no from the second step on, and goes last: until then it tells which stores there are, and the address
that reports went to. With the last receipt that names a server goes what is kept of it. A store that is broken in any
way is erased like any other; what cannot be taken back is said.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from telemetry.consent.choice import say_no
from telemetry.consent.receipt import Receipt, forget_receipt, read_receipt
from telemetry.consent.state import State, StateRefused
from telemetry.contract import layout
from telemetry.contract.errors import TelemetryError
from telemetry.contract.faults import reached
from telemetry.journal.months import months_of
from telemetry.journal.store import Store, StoreRefused, open_store
from telemetry.sharing import believed, process
from telemetry.sharing.erase import Left, erase_store
from telemetry.sharing.reports import Reports, sharing_lock
from telemetry.sharing.sealed import Held
from telemetry.sharing.takeback import Withdrawal, note, withdrawals_of


class Found(NamedTuple):
    """What there is of a project. `reports`: how many by state. `lost`: may have arrived and cannot be taken back."""

    project: str
    has_store: bool
    events: int
    reports: dict[str, int]
    wanted: list[Withdrawal]
    lost: int
    receipt: Receipt | None


class Purged(NamedTuple):
    """What became of it. `left`: what stays in the store. `problem`: why nothing was erased, a code or a sentence."""

    found: Found
    left: list[Left]
    problem: str | None = None


def look(project: str, state: State | None) -> Found:
    """Count what a purge would erase and take back; changes nothing."""
    path = os.path.join(project, *layout.STORE)
    receipt = _receipt(state, path)
    found = Found(project, os.path.lexists(path), 0, {}, [], 0, receipt)
    with _opened(project) as (store, _):
        return found if store is None else _counted(found, store, path, state)


def purge(project: str, state: State | None, now: datetime) -> Purged:
    """Erase a project's store and the receipt of it; what is to be taken back is on a list when this returns.

    Raises OSError where the list cannot be written: then nothing was changed.
    """
    path = os.path.join(project, *layout.STORE)
    found = look(project, state)
    _note(state, found.wanted)
    reached("purge_noted")
    with contextlib.suppress(StateRefused, OSError):  # a full disk must not keep anybody from erasing
        say_no(None, path, now)
    reached("purge_refused")
    with _opened(project) as (store, code):
        left, problem = ([], code) if store is None else _erased(store, path, state)
    reached("purge_gone")
    if state is not None and problem is None:
        forget_receipt(state, path)
        believed.forget_unnamed(state)
    reached("purge_forgotten")
    return Purged(found, left, problem)


def _erased(store: Store, path: str, state: State | None) -> tuple[list[Left], str | None]:
    process.end(path)
    reached("purge_ended")
    try:
        with _locked(store):
            held = _may_have_arrived(Reports(store, _key(state)))
            _note(state, [wanted for one in held for wanted in withdrawals_of(one)])
            reached("purge_noted_again")
            return erase_store(store, os.path.dirname(path)), None
    except TelemetryError as error:  # the daemon, or a command, is at it and does not end
        return [], error.message


def _note(state: State | None, wanted: list[Withdrawal]) -> None:
    if state is not None and wanted:
        note(state, wanted)


@contextmanager
def _locked(store: Store) -> Iterator[None]:
    """Hold the store's lock; a lock that is a link or a folder holds nobody up."""
    with contextlib.ExitStack() as held:
        with contextlib.suppress(StoreRefused, OSError):
            held.enter_context(sharing_lock(store))
        yield


@contextmanager
def _opened(project: str) -> Iterator[tuple[Store | None, str | None]]:
    """The store, or none and why not: None where there is nothing."""
    try:
        store = open_store(project, create=False)
    except FileNotFoundError:
        yield None, None
        return
    except StoreRefused as refused:
        yield None, refused.code if os.path.isdir(project) else None
        return
    with store:
        yield store, None


def _counted(found: Found, store: Store, path: str, state: State | None) -> Found:
    reports = Reports(store, _key(state))
    count = {name: len(_names(reports, name)) for name in layout.STATES}
    may_have_arrived = _may_have_arrived(reports)
    wanted = [one for held in may_have_arrived for one in withdrawals_of(held)]
    known = [held for held in may_have_arrived if held.state != layout.REFUSED and held.sealed]
    answered_for = [held for held in known if withdrawals_of(held) or held.state == layout.SENDING]
    lost = count[layout.SENDING] + count[layout.SENT] - len(answered_for)
    return found._replace(events=_events(path), reports=count, wanted=wanted, lost=lost)


def _may_have_arrived(reports: Reports) -> list[Held]:
    """What was in a request, whatever was answered; what is refused may have been in one before."""
    held = []
    for name in (layout.SENDING, layout.SENT, layout.REFUSED):
        with contextlib.suppress(StoreRefused, OSError):
            held += reports.held(name)
    return held


def _names(reports: Reports, name: str) -> list[str]:
    try:
        return reports.names(name)
    except (StoreRefused, OSError):
        return []


def _events(path: str) -> int:
    """The lines of the journal; a few of them may be torn."""
    count = 0
    for month in months_of(path):
        with contextlib.suppress(OSError), open(month.path, "rb") as file:
            count += sum(1 for line in file if line.strip())
    return count


def _receipt(state: State | None, path: str) -> Receipt | None:
    try:
        return read_receipt(state, path) if state is not None else None
    except StateRefused:
        return None


def _key(state: State | None) -> bytes:
    """The key that reports were sealed with; where there is none, a random one: no report is to be taken for ours."""
    with contextlib.suppress(StateRefused):
        if state is not None:
            return state.key()
    return secrets.token_bytes(32)
