"""Which features were ever sealed, or left out: one line each, so that none is looked at twice.

Not even after its report is gone. One that was left out has no report, and never will. What began before the yes stands
here, too: when retention has taken its beginning, nothing else tells it from what began after.
"""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from telemetry.contract import durable, layout
from telemetry.contract.faults import reached
from telemetry.contract.records import TrackedFeature
from telemetry.journal.store import Store
from telemetry.sharing.reports import Reports
from telemetry.sharing.sealed import Sealed, text_of

MAX_BYTES = 64 * 1024 * 1024
BEFORE_YES = "before_yes"
_BEGINS = frozenset(("brainstorm", "define"))


class Entry(NamedTuple):
    """A feature that was sealed: the name's ref without its life's number, its last event, whether it was shipped.

    `left_out`: why it was not sealed instead, as a code; None for one that was.
    """

    id: str
    name: str
    last: str
    shipped: bool
    left_out: str | None = None


def entries_of(store: Store) -> list[Entry]:
    """The ledger; torn lines are left out (their reports are found in the folders, see `mended`)."""
    data = store.read(layout.SEALED, MAX_BYTES) or b""
    return [entry for line in data.split(b"\n") if (entry := _entry_of(line))]


def mended(store: Store, reports: Reports) -> list[Entry]:
    """The ledger, with what a kill kept out of it: a report that lies in a folder was sealed. Only under the lock."""
    entries = entries_of(store)
    known = {entry.id for entry in entries}
    for state in layout.STATES:
        for name in reports.names(state):
            if name.partition(".")[0] not in known:
                held = reports.get(name, state)
                if held and held.sealed:
                    entries.append(record(store, held.sealed))
                    reached("ledger_mended")
    return entries


def record(store: Store, sealed: Sealed) -> Entry:
    """Note that a feature was sealed, for good."""
    return _noted(store, Entry(sealed.id, name_of(sealed.feature), sealed.last, sealed.shipped))


def leave_out(store: Store, sealed: Sealed, why: str) -> Entry:
    """Note that a feature will not be sealed, for good: its report was made, and goes nowhere."""
    return _noted(store, Entry(sealed.id, name_of(sealed.feature), sealed.last, sealed.shipped, why))


def held_back(feature: TrackedFeature, before: list[Entry]) -> list[Entry]:
    """What is to be noted of a feature that began before the yes: nothing where `before` says as much.

    One that was under way is noted once more when it is shipped: then its name's next life is a new feature.
    """
    shipped, last = feature.record.outcome.shipped, text_of(feature.last_seen)
    entry = Entry(str(uuid.uuid4()), name_of(feature.ref), last, shipped, BEFORE_YES)
    latest = max(before, key=lambda one: one.last, default=None)
    says_more = latest is None or (last >= latest.last and shipped != latest.shipped)
    return [entry] if says_more else []


def hold_back(store: Store, entries: list[Entry]) -> None:
    """Note what began before the yes, for good. Only under the lock."""
    if entries:
        _append(store, entries)
        reached("held_back")


def _noted(store: Store, entry: Entry) -> Entry:
    _append(store, [entry])
    return entry


def _append(store: Store, entries: list[Entry]) -> None:
    """In one write, all on the disk when it returns."""
    fd = store.open_file(layout.SEALED, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        is_new = os.fstat(fd).st_size == 0
        durable.append(fd, b"\n".join(map(_line_of, entries)))
        if is_new:
            os.fsync(store.fd)  # its name, too
    finally:
        os.close(fd)


def _line_of(entry: Entry) -> bytes:
    said = {name: value for name, value in entry._asdict().items() if value is not None}
    return json.dumps(said, separators=(",", ":")).encode()


def by_name(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """The entries of each name."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.name, []).append(entry)
    return found


def was_sealed(feature: TrackedFeature, before: list[Entry]) -> bool:
    """Whether a feature was, or goes on from one that was. `before`: what was sealed of the same name.

    A name's next life (taken up by /brainstorm or /define after it was shipped) is a new feature. The number of a life
    is not looked at: it changes when retention removes the first.
    """
    if not before:
        return False
    is_new = all(entry.shipped and entry.last < text_of(feature.first_seen) for entry in _standing(before))
    return not (is_new and feature.started & _BEGINS)


def _standing(before: list[Entry]) -> list[Entry]:
    """Without what was noted as under way before the yes and was shipped since."""
    ends = [entry.last for entry in before if entry.left_out == BEFORE_YES and entry.shipped]
    ended = max(ends, default="")
    return [entry for entry in before if entry.shipped or entry.left_out != BEFORE_YES or entry.last > ended]


def name_of(feature: str) -> str:
    """The ref of a feature's name: without the number of its life."""
    return feature.rpartition("/")[0]


def _entry_of(line: bytes) -> Entry | None:
    try:
        entry = Entry(**json.loads(line))
        datetime.fromisoformat(entry.last.replace("Z", "+00:00"))
        hash(entry)  # no list in the place of a word
    except (ValueError, TypeError, AttributeError, RecursionError):
        return None
    return entry
