"""Stores to break: events, disks that are full or read-only, and processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from telemetry.journal.read import read_block

ROOT = Path(__file__).resolve().parents[2]
NOW = "2026-11-22T10:00:00.000Z"
Event = dict[str, Any]

DEFINE = {
    "hook_event_name": "UserPromptExpansion",
    "session_id": "s1",
    "prompt_id": "p1",
    "command_name": "define",
    "command_args": "ORDERS",
}
STOP = {"hook_event_name": "Stop", "session_id": "s1", "prompt_id": "p1"}
END = {"hook_event_name": "SessionEnd", "session_id": "s1", "prompt_id": "p2", "reason": "other"}


def event(number: int = 0, at: str = NOW) -> Event:
    """A valid event with a number for an id."""
    return {
        "v": 1,
        "id": f"{number:032x}",
        "at": at,
        "session": "00000000000000aa",
        "turn": None,
        "feature": None,
        "kind": "turn_ended",
    }


def environ(project: Path, now: str = NOW) -> dict[str, str]:
    """What the hook looks at."""
    return {"CLAUDE_PROJECT_DIR": str(project), "HOME": str(project), "AGENTSPEC_TELEMETRY_NOW": now}


def store_of(project: Path) -> Path:
    """Where the store lies."""
    return project / ".claude" / "telemetry"


def journal_of(project: Path) -> bytes:
    """All the bytes of the journal, months in their order."""
    return b"".join(path.read_bytes() for path in sorted(store_of(project).glob("events/*.jsonl")) if path.is_file())


def events_of(project: Path) -> list[str]:
    """The ids of the events in the journal; nothing may be set aside."""
    sessions, count, set_aside = read_block(journal_of(project))
    assert set_aside == 0
    found = [seen[1] for events in sessions.values() for seen in events]
    assert len(found) == count
    return found


def notes_of(project: Path) -> list[str]:
    """The codes in debug.log."""
    path = store_of(project) / "debug.log"
    return [line.partition(" ")[2] for line in path.read_text(encoding="ascii").splitlines()] if path.is_file() else []


def run_python(code: str, *arguments: object, **environment: str) -> str:
    """A program in an interpreter of its own, our package in reach."""
    ran = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def on_a_disk_of_its_own(project: Path, mount: str, code: str) -> str:
    """The same with `project` mounted as told, in a mount namespace that goes with the process.

    Fails, and does not skip, where nothing can be mounted: a full disk is a promise to be tested.
    """
    script = f'{mount} && exec "$2" -c "$3" "$1"'
    ran = subprocess.run(
        ["unshare", "--mount", "sh", "-c", script, "sh", str(project), sys.executable, code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, f"needs the right to mount (root, or CAP_SYS_ADMIN in the container): {ran.stderr}"
    return ran.stdout
