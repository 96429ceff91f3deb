"""The daemon: one per store, seals what has settled, sends what is due, ends when there is nothing to do.

It never asks anybody anything and never prints. Killed at any moment it loses nothing: all it knows lies in the store.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

from telemetry.consent.choice import note_switched_off
from telemetry.consent.facts import Gatherer
from telemetry.consent.gate import TO_SEAL
from telemetry.consent.state import StateRefused
from telemetry.contract import layout
from telemetry.contract.errors import TelemetryError
from telemetry.contract.faults import reached
from telemetry.journal.notes import note
from telemetry.journal.store import Store, StoreRefused, code_of, open_store
from telemetry.sharing.allowance import NotCounted
from telemetry.sharing.household import Household, opened
from telemetry.sharing.locks import try_lock
from telemetry.sharing.reports import lock_file
from telemetry.sharing.sealed import text_of
from telemetry.sharing.takeback import retry_withdrawals
from telemetry.sharing.watching import Watcher

IDLE_SECONDS = 600.0  # then it ends; the next session starts another
LOOK_AROUND_SECONDS = 240.0  # whatever the watcher says
SETTLE_SECONDS = 5.0  # after a change: a session writes events in bursts
LOCK_TRIES, LOCK_REST_SECONDS = 5, 0.05


class Rhythm(NamedTuple):
    """How long the daemon waits for what; tests are in more of a hurry."""

    idle: float = IDLE_SECONDS
    look_around: float = LOOK_AROUND_SECONDS
    settle: float = SETTLE_SECONDS


USUAL = Rhythm()


def run(
    project: str,
    environ: Mapping[str, str],
    clock: Callable[[], datetime],
    rhythm: Rhythm = USUAL,
    stop: threading.Event | None = None,
) -> str:
    """Work until there is nothing to do; why it ended, as a code.

    `running`: another daemon has this store. `idle`: nothing to do. `gone`: the store is. `stopped`: it was asked to.
    Else the gate's reason, or what went wrong, which is in debug.log, too: the next session starts another.
    """
    gatherer = Gatherer(project, environ)
    with open_store(gatherer.project, create=False) as store:
        try:
            with only_one(store) as is_only:
                return _work(gatherer, store, clock, rhythm, stop or threading.Event()) if is_only else "running"
        except Exception as error:  # nobody watches a daemon, and trying the same again at once helps nobody
            if not _is_still_there(gatherer.store, store):
                return "gone"
            code = _code_of(error)
            note(store, text_of(clock()), code)
            return code


def _work(
    gatherer: Gatherer, store: Store, clock: Callable[[], datetime], rhythm: Rhythm, stop: threading.Event
) -> str:
    woken = threading.Event()
    watcher: Watcher | None = None
    try:
        last_work = time.monotonic()
        while not stop.is_set():
            if not _is_still_there(gatherer.store, store):
                return "gone"
            facts, reason = gatherer.asked(clock(), TO_SEAL)
            if reason is not None:
                note_switched_off(facts, clock())
                return reason.code
            watcher = watcher or _watching(gatherer.store, store, woken)  # first: no change between it and the look
            done, next_due = _look_around(opened(gatherer, store), clock)
            if done:
                last_work = time.monotonic()
            rest = rhythm.idle - (time.monotonic() - last_work)
            if rest <= 0:
                return "idle"
            if next_due is not None and next_due < rest:
                rest = next_due
            _wait(woken, stop, min(rest, rhythm.look_around), rhythm.settle)
        return "stopped"
    finally:
        if watcher is not None:
            watcher.stop()


def _watching(path: str, store: Store, woken: threading.Event) -> Watcher | None:
    """A watcher of the store; None where nothing can be watched: then looking around has to do."""
    for name in (layout.EVENTS, layout.OUTBOX):
        os.close(store.folder(name))  # what is not there cannot be watched
    try:
        return Watcher(path, woken)
    except OSError:
        return None


def _look_around(household: Household, clock: Callable[[], datetime]) -> tuple[int, float | None]:
    """Seal and send; how much was done, and in how many seconds something is due, None where nothing is foreseen."""
    sealed = household.seal(clock())
    outcome = household.send(clock)
    retry_withdrawals(clock())
    due = household.next_due(clock())
    seconds = None if due is None else max((due - clock()) / timedelta(seconds=1), 1.0)
    return len(sealed) + outcome.sent + outcome.refused, seconds


def _wait(woken: threading.Event, stop: threading.Event, seconds: float, settle: float) -> None:
    if woken.wait(seconds) and not stop.is_set():
        stop.wait(settle)
    woken.clear()


@contextmanager
def only_one(store: Store) -> Iterator[bool]:
    """Hold the daemon's lock, with our process id in it; whether we got it. A killed daemon frees it."""
    with lock_file(store, layout.DAEMON_LOCK) as fd:
        is_ours = any(_tried(fd) for _ in range(LOCK_TRIES))
        if is_ours:
            os.ftruncate(fd, 0)
            reached("daemon_alone")
            os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        yield is_ours


def _tried(fd: int) -> bool:
    """One try, and a moment's rest after a failed one: who only looks whether a daemon runs holds the lock, too."""
    is_ours = try_lock(fd)
    if not is_ours:
        time.sleep(LOCK_REST_SECONDS)
    return is_ours


def _code_of(error: Exception) -> str:
    """A word for what went wrong, without its message."""
    if isinstance(error, StoreRefused | StateRefused):
        return error.code
    if isinstance(error, NotCounted):
        return "not_counted"
    if isinstance(error, TelemetryError):
        return "busy"  # the lock: all other errors of ours are for commands
    return code_of(error) if isinstance(error, OSError) else f"bug_{type(error).__name__}"


def _is_still_there(path: str, store: Store) -> bool:
    try:
        there = os.stat(path, follow_symlinks=False)
    except OSError:
        return False
    held = os.fstat(store.fd)
    return (there.st_dev, there.st_ino) == (held.st_dev, held.st_ino)
