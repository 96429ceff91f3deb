"""Stores for tests of the history: journals written by hand, and the plainest way to read them."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from telemetry.features.fold import fold
from telemetry.features.history import Loaded
from telemetry.journal.append import line_of
from telemetry.journal.read import read_block
from tests.features.events import Story

Event = dict[str, Any]
NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)


def store_in(project: Path) -> Path:
    """An empty, private store."""
    store = project / ".claude" / "telemetry"
    (store / "events").mkdir(parents=True)
    store.chmod(0o700)
    return store


def append(store: Path, events: list[Event]) -> None:
    """Append events as the hook does, each to the month of its instant."""
    for event in events:
        with (store / "events" / (event["at"][:7] + ".jsonl")).open("ab") as file:
            file.write(line_of(event))


def months(store: Path) -> list[Path]:
    """The files of the journal."""
    return sorted((store / "events").iterdir())


def plainly(store: Path, since: datetime | None = None) -> Loaded:
    """What `load_features` is to give: every line decoded, everything folded at once."""
    data = b"\n".join(path.read_bytes() for path in months(store))
    sessions, count, set_aside = read_block(data)
    events = [as_event(session, seen) for session, found in sessions.items() for seen in found]
    wanted = [feature for feature in fold(events, NOW) if since is None or feature.first_seen >= since]
    return Loaded(wanted, count, set_aside)


def as_event(session: str, seen: tuple[str, str, str, str, str, dict[str, Any]]) -> Event:
    """The reader's form of an event as the event it was."""
    at, identity, turn, feature, kind, fields = seen
    own = dict(fields)
    if "rows" in own:
        mark = "test" if kind == "files_planned" else "verified"
        names = ("file", "agent", "type", mark)
        own["files"] = [dict(zip(names, row, strict=True)) for row in own.pop("rows")]
    known = {name: None if text == "null" else text[1:-1] for name, text in (("turn", turn), ("feature", feature))}
    return {"v": 1, "id": identity, "at": at, "session": session, **known, **own}


def long_journal(features: int, start: datetime = datetime(2026, 9, 1, 9, tzinfo=timezone.utc)) -> list[Event]:
    """Many small features one after another over months; every third session goes on into the next feature."""
    story = Story(start=start)
    for number in range(features):
        story.session(f"session {number - number % 3 // 2}").about(f"feature {number}")
        story.defines().after(30).designs().after(60).builds().agent("custom")
        if number % 4:
            story.ships()
        story.closed().after(days=1.8)
    return story.events
