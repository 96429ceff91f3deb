"""A session with AgentSpec work costs while it is open, not afterwards; a resumed one counts again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from telemetry.hook import record

DEFINE = {
    "hook_event_name": "UserPromptExpansion",
    "command_name": "agentspec:workflow:define",
    "command_args": "ORDERS",
}
STOP = {"hook_event_name": "Stop", "last_assistant_message": "Done."}
END = {"hook_event_name": "SessionEnd", "reason": "other"}
RESUME = {"hook_event_name": "SessionStart", "source": "resume"}
FAILURE = {"hook_event_name": "StopFailure", "error": "server_error"}


def send(project: Path, *payloads: dict[str, Any], session: str = "s1", turn: str = "p1") -> None:
    """Let payloads of one session through the hook."""
    for payload in payloads:
        record({"session_id": session, "prompt_id": turn, **payload}, {"CLAUDE_PROJECT_DIR": str(project)})


def marks(project: Path, folder: str) -> int:
    """How many sessions are marked as open, or closed."""
    return len(list((project / ".claude/telemetry" / folder).iterdir()))


def kinds(project: Path) -> list[str]:
    """The kinds of all events, in their order."""
    months = (project / ".claude/telemetry/events").iterdir()
    return [json.loads(line)["kind"] for month in months for line in month.read_text().split("\n") if line]


def test_a_session_that_ended_is_no_longer_open(tmp_path: Path) -> None:
    """So that the shell starts no Python for the sessions that follow."""
    send(tmp_path, DEFINE, STOP)
    assert marks(tmp_path, "open") == 1
    send(tmp_path, END)
    assert (marks(tmp_path, "open"), marks(tmp_path, "closed")) == (0, 1)


def test_a_resumed_session_counts_again(tmp_path: Path) -> None:
    """Its next turns are recorded without a new command."""
    send(tmp_path, DEFINE, STOP, END)
    send(tmp_path, RESUME)
    assert marks(tmp_path, "open") == 1
    send(tmp_path, STOP, turn="p2")
    assert kinds(tmp_path) == ["phase_started", "turn_ended", "session_ended", "turn_ended"]


def test_resuming_an_ordinary_session_opens_nothing(tmp_path: Path) -> None:
    """Nor does it write an event."""
    send(tmp_path, DEFINE, END)
    send(tmp_path, RESUME, STOP, session="another")
    assert marks(tmp_path, "open") == 0
    assert kinds(tmp_path) == ["phase_started", "session_ended"]


def test_an_error_that_is_told_after_the_sessions_end_still_counts(tmp_path: Path) -> None:
    """Claude Code does not wait for that hook, and may have ended by then."""
    send(tmp_path, DEFINE, END, FAILURE)
    assert kinds(tmp_path) == ["phase_started", "session_ended", "turn_failed"]


def test_a_strangers_build_makes_no_store_where_agentspec_never_was(tmp_path: Path) -> None:
    """Other plugins have a /build, too; in a project of AgentSpec's it may be the legacy copy of ours."""
    build = {"hook_event_name": "UserPromptExpansion", "command_name": "build", "command_args": "all"}
    send(tmp_path, build)
    assert not (tmp_path / ".claude").exists()
    (tmp_path / ".claude" / "sdd").mkdir(parents=True)
    send(tmp_path, build)
    assert kinds(tmp_path) == ["phase_started"]
