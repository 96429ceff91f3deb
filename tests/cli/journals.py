"""Journals for tests: lines as the hook writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from telemetry.journal.append import line_of


def event(number: int, at: str, **fields: Any) -> dict[str, Any]:
    """A valid event."""
    return {
        "v": 1,
        "id": f"{number:032x}",
        "at": at,
        "session": "a" * 16,
        "turn": "b" * 16,
        "feature": "c" * 16,
        **fields,
    }


def write(store: Path, *events: dict[str, Any]) -> None:
    """Append the events to the store's months."""
    for one in events:
        path = store / "events" / f"{one['at'][:7]}.jsonl"
        with path.open("ab") as file:
            file.write(line_of(one))
        path.chmod(0o600)


def defined(store: Path, at: str = "2026-11-20T10:00:00.000Z") -> None:
    """A feature that was defined, and nothing more."""
    write(
        store,
        event(1, at, kind="phase_started", phase="define", origin="typed", judge="off", agentspec="3.5.0"),
        event(2, at[:-4] + "900Z", kind="document_saved", document="define", status="ready"),
    )
