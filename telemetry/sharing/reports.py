"""The reports of a store: folders are states, a rename is the transition, and every step can be repeated.

    outbox/ → sending/ → sent/ | refused/

A report is in `sending/` from just before its first request on until an answer about it came: what is there may have
reached the server. Whoever changes anything holds the store's sharing lock; a killed holder frees it.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any

from telemetry.contract import durable, layout
from telemetry.contract.errors import TelemetryError
from telemetry.contract.faults import reached
from telemetry.journal.store import Store, StoreRefused
from telemetry.sharing.allowance import Allowance
from telemetry.sharing.locks import lockable, locked_within
from telemetry.sharing.sealed import MAX_BYTES, SUFFIX, Held, Sealed, decode, encode, outcome_line, way_note

LOCK_PATIENCE_SECONDS = 60.0
_READ = os.O_RDONLY
_NOT_OURS = frozenset(("symlink", "foreign_file", "eisdir", "enxio", "eacces"))  # what can lie in a report's place


class Reports:
    """The reports in an open store. `key`: the state folder's. `allowance`: what may leave of this person's."""

    def __init__(self, store: Store, key: bytes, allowance: Allowance | None = None) -> None:
        self.store = store
        self._key = key
        self.allowance = allowance or Allowance(key)

    def put(self, sealed: Sealed) -> None:
        """A new report into the outbox, whole or not at all, for good."""
        self._make(layout.OUTBOX)
        with _opened(self.store, layout.OUTBOX) as folder:
            durable.write(folder, sealed.name, encode(sealed, self._key), step="sealed")

    def names(self, state: str) -> list[str]:
        """The files of reports in a state."""
        return sorted(name for name in _listed(self.store, state) if name.endswith(SUFFIX))

    def held(self, *states: str) -> list[Held]:
        """The reports in these states, oldest first; what is not ours is there too, unopened."""
        found = [held for state in states for held in self._in(state)]
        return sorted(found, key=lambda held: (held.sealed.sealed_at if held.sealed else "", held.id))

    def get(self, name: str, state: str) -> Held | None:
        """One report; None where it is not, or no longer, in this state."""
        with _opened(self.store, state) as folder:
            return self._decoded(name, state, folder)

    def _in(self, state: str) -> list[Held]:
        names = self.names(state)
        if not names:
            return []
        with _opened(self.store, state) as folder:
            return [held for name in names if (held := self._decoded(name, state, folder))]

    def _decoded(self, name: str, state: str, folder: int) -> Held | None:
        data = _read(self.store, name, folder)
        return None if data is None else decode(name, state, data, self._key)

    def move(self, held: Iterable[Held], target: str, outcomes: dict[str, dict[str, Any]] | None = None) -> list[Held]:
        """Carry reports over into another state, with what became of each; those that are there now, for good.

        One that a person deleted meanwhile is not among them. A cut of power may undo it: the report is then where it
        was, and is sent once more (the server counts it once).
        """
        asked = list(held)
        if all(one.state == target for one in asked):
            return asked
        self._make(target)
        with ExitStack() as folders:
            there = folders.enter_context(_opened(self.store, target))
            here = {state: folders.enter_context(_opened(self.store, state)) for state in {one.state for one in asked}}
            moved = [
                one
                for one in asked
                if one.state == target or self._carried(one, here[one.state], target, there, outcomes)
            ]
            os.fsync(there)
        reached(f"{target}_synced")
        return [one._replace(state=target) for one in moved]

    def under_way(self, held: Iterable[Held], endpoint: str, now: datetime) -> tuple[list[Held], int]:
        """Into `sending/`, with the address of the request that is about to be made: taking back must find it.

        But for those that find the person's week full: they stay where they are; how many those are.
        """
        wanted = list(held)
        may = self.allowance.to_leave([one.id for one in wanted], endpoint, now)
        asked = [one for one in wanted if one.id in may]
        notes = {one.id: way_note(one.id, endpoint, self._key) for one in asked}
        fresh = self.move([one for one in asked if one.state != layout.SENDING], layout.SENDING, notes)
        again = [one for one in asked if one.state == layout.SENDING]
        elsewhere = [one for one in again if endpoint not in one.went_to]
        if elsewhere:
            with _opened(self.store, layout.SENDING) as folder:
                for one in elsewhere:
                    with contextlib.suppress(FileNotFoundError):  # a person deleted it meanwhile
                        self._note(folder, one.id + SUFFIX, notes[one.id])
        gone = [one._replace(went_to=(*one.went_to, endpoint)) for one in (*fresh, *again)]
        return gone, len(wanted) - len(asked)

    def delete(self, held: Held) -> None:
        """Remove a report's file."""
        with _opened(self.store, held.state) as folder:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(held.id + SUFFIX, dir_fd=folder)
            reached("report_deleted")
            os.fsync(folder)

    def sweep(self) -> None:
        """Remove what kills left behind. Only under the lock."""
        durable.sweep(self.store.fd, durable.IN_USE_SECONDS)  # --disable writes config.yaml there, without the lock
        for state in layout.STATES:
            if _is_there(self.store, state):
                with _opened(self.store, state) as folder:
                    durable.sweep(folder)

    def _carried(
        self, one: Held, here: int, target: str, there: int, outcomes: dict[str, dict[str, Any]] | None
    ) -> bool:
        name = one.id + SUFFIX
        with contextlib.suppress(FileNotFoundError):
            if outcomes is not None:
                self._note(here, name, outcomes[one.id])
                reached(f"{target}_noted")
            os.rename(name, name, src_dir_fd=here, dst_dir_fd=there)
            reached(f"{target}_moved")
            return True
        return False

    def _make(self, state: str) -> None:
        """A new folder's own name must reach the disk, too, or what is carried into it may be lost with it."""
        if not _is_there(self.store, state):
            os.close(self.store.folder(state))
            os.fsync(self.store.fd)

    def _note(self, folder: int, name: str, outcome: dict[str, Any]) -> None:
        try:
            fd = self.store.open_file(name, os.O_WRONLY | os.O_APPEND, folder)
        except StoreRefused:
            return  # a link or a pipe that somebody planted: carried to refused/ as it is
        try:
            os.write(fd, b"\n" + outcome_line(outcome))  # framed: a torn note before it takes nothing with it
        finally:
            os.close(fd)


@contextmanager
def sharing_lock(store: Store, patience: float = LOCK_PATIENCE_SECONDS) -> Iterator[None]:
    """Hold the store's lock while reports change their state. Raises TelemetryError where another holds it too long."""
    with lock_file(store, layout.SHARING_LOCK) as fd:
        if not locked_within(fd, patience):
            raise TelemetryError("another agentspec is busy with this project's reports", "Try again in a minute.")
        yield


@contextmanager
def lock_file(store: Store, name: str) -> Iterator[int]:
    """An open file of the store to lock; closing it frees the lock."""
    with lockable(store.open_file(name, os.O_RDWR | os.O_CREAT)) as fd:
        yield fd


def _listed(store: Store, state: str) -> list[str]:
    if not _is_there(store, state):
        return []
    with _opened(store, state) as folder:
        return os.listdir(folder)


def _is_there(store: Store, state: str) -> bool:
    try:
        os.stat(state, dir_fd=store.fd, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _read(store: Store, name: str, folder: int) -> bytes | None:
    """A report's file; one that is a link, a pipe or too large is there but empty: nobody could have written it."""
    try:
        fd = store.open_file(name, _READ, folder)
    except FileNotFoundError:
        return None
    except StoreRefused as refused:
        if refused.code not in _NOT_OURS:
            raise  # no more open files, a disk that fails: says nothing about the report
        return b""
    try:
        data = os.read(fd, MAX_BYTES + 1)  # of a plain file, all of it
    finally:
        os.close(fd)
    return data if len(data) <= MAX_BYTES else b""


@contextmanager
def _opened(store: Store, state: str) -> Iterator[int]:
    folder = store.folder(state)
    try:
        yield folder
    finally:
        os.close(folder)
