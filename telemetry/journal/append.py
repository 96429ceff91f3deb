"""Append events to the journal: one line, one checked write.

Runs in the hook: standard library only. A line is framed as `\\n{…}\\n`: a torn tail, left by a full
disk or a cut of power, ends at the next line's first byte and never eats a neighbour (readers skip
blank lines). No fsync: a killed process loses nothing it has written, and a session must not wait
for a disk; a cut of power may cost the last seconds.
"""

from __future__ import annotations

import posix

from telemetry.contract import layout
from telemetry.contract.event_check import is_event
from telemetry.journal.store import Store, StoreRefused, code_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def append(store: Store, events: list[dict[str, Any]]) -> None:
    """Write each event as one line of its month's file.

    Raises StoreRefused: `bad_event` (nothing invalid is ever written), `short_write`, `disk_full` …
    Events before the one that failed are written.
    """
    folder = store.folder(layout.EVENTS)
    try:
        for event in events:
            _append_line(store, folder, event["at"][:7] + ".jsonl", line_of(event))
    finally:
        posix.close(folder)


def line_of(event: dict[str, Any]) -> bytes:
    """The event's line with its frame. Raises StoreRefused for what is no event."""
    if not is_event(event):
        raise StoreRefused("bad_event")
    line = encode(event).encode("ascii")
    if len(line) > layout.MAX_EVENT_BYTES:
        raise StoreRefused("large_event")
    return b"\n" + line + b"\n"


def encode(value: object) -> str:
    """Compact JSON of a valid event; its strings need no escaping, since none is free text."""
    if value is None:
        return "null"
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, str):
        return '"' + value + '"'
    if isinstance(value, dict):
        return "{" + ",".join([f'"{name}":{encode(part)}' for name, part in value.items()]) + "}"
    if isinstance(value, list):
        return "[" + ",".join([encode(part) for part in value]) + "]"
    return str(value)


def _append_line(store: Store, folder: int, name: str, line: bytes) -> None:
    fd = store.open_file(name, posix.O_WRONLY | posix.O_APPEND | posix.O_CREAT, folder)
    try:
        written = posix.write(fd, line)
    except OSError as error:
        raise StoreRefused(code_of(error)) from error
    finally:
        posix.close(fd)
    if written != len(line):
        raise StoreRefused("short_write")
