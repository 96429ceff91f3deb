"""From one hook payload to the facts in it: an allow-list in, vocabulary out.

A payload has prompts, paths, contents and ids. What a step returns holds none of them: only words
of the vocabulary, numbers, and keyed hashes made by the `ref` it is given. What a step does not
look for cannot pass. No I/O here; each kind of payload has one small step in STEPS.

Each step imports what it needs when it runs: every import costs the session about a hundredth of
Python's start, and a hook takes one step.
"""

# ruff: noqa: PLC0415

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Payload = dict[str, Any]
    Ref = Callable[[str, str], str]  # (what it is, its text) -> keyed hash
    Fact = tuple[str, "str | None", dict[str, Any]]  # (kind, feature's ref, the kind's own fields)

_ERRORS = frozenset(
    (
        "server_error",
        "authentication_failed",
        "rate_limit",
        "billing_error",
        "unknown",
        "max_output_tokens",
        "invalid_request",
    )
)
_REASONS = frozenset(("clear", "logout", "prompt_input_exit"))
_HOSTS_OWN = ("bundled", "builtin")  # Claude Code has a /design of its own, from 2.1.330 at the latest


def observe(payload: Payload, ref: Ref) -> list[Fact]:
    """The facts in one payload, in their order; an empty list where there is nothing to learn."""
    step = STEPS.get(_word(payload, "hook_event_name"))
    return step(payload, ref) if step else []


def command_typed(payload: Payload, ref: Ref) -> list[Fact]:
    """UserPromptExpansion: a person typed a phase command, and it was not Claude Code's own that ran."""
    if payload.get("command_source") in _HOSTS_OWN:
        return []
    return _started(payload.get("command_name"), payload.get("command_args"), "typed", ref)


def tool_used(payload: Payload, ref: Ref) -> list[Fact]:
    """PostToolUse: a skill, a document, a judge or a knowledge page."""
    tool = TOOLS.get(_word(payload, "tool_name"))
    return tool(payload, ref) if tool else []


def skill_run(payload: Payload, ref: Ref) -> list[Fact]:
    """The model ran a phase through the Skill tool."""
    asked = _part(payload, "tool_input")
    return _started(asked.get("skill"), asked.get("args"), "skill", ref)


def document_written(payload: Payload, ref: Ref) -> list[Fact]:
    """One of AgentSpec's documents was saved."""
    from telemetry.capture import documents

    found = documents.document_of(_part(payload, "tool_input").get("file_path"))
    if found is None:
        return []
    return documents.document_facts(*found, text_after(payload), ref)


def judge_asked(payload: Payload, ref: Ref) -> list[Fact]:
    """Bash ran a judge; its output is in tool_response, or in `error` after a failing exit."""
    from telemetry.capture import judges

    answer = _part(payload, "tool_response")
    if "backgroundTaskId" in answer:
        return []  # no payload will ever say what it said
    output = _word(payload, "error") or _word(answer, "stdout")
    return judges.judge_facts(_part(payload, "tool_input").get("command"), output, ref)


def page_read(payload: Payload, ref: Ref) -> list[Fact]:
    """A knowledge page was read."""
    from telemetry.capture import knowledge

    return knowledge.knowledge_facts(_part(payload, "tool_input").get("file_path"), ref)


def agent_stopped(payload: Payload, ref: Ref) -> list[Fact]:
    """SubagentStop: a subagent ended, wherever it ran. Compaction is an agent without a name."""
    return _agent_ran(payload, "completed")


def tool_failed(payload: Payload, ref: Ref) -> list[Fact]:
    """PostToolUseFailure: a judge that said FAIL, or broke."""
    return judge_asked(payload, ref) if payload.get("tool_name") == "Bash" else []


def turn_stopped(payload: Payload, ref: Ref) -> list[Fact]:
    """Stop: the turn is over."""
    return [("turn_ended", None, {})]


def turn_broke(payload: Payload, ref: Ref) -> list[Fact]:
    """StopFailure: the turn, or a subagent in it, ended in an API error."""
    if "agent_id" in payload:
        return _agent_ran(payload, "failed")
    error = _word(payload, "error")
    return [("turn_failed", None, {"error": error if error in _ERRORS else "other"})]


def session_closed(payload: Payload, ref: Ref) -> list[Fact]:
    """SessionEnd: closed, cleared or ended by a signal."""
    reason = _word(payload, "reason")
    return [("session_ended", None, {"reason": reason if reason in _REASONS else "other"})]


STEPS: dict[str, Callable[[Payload, Ref], list[Fact]]] = {
    "UserPromptExpansion": command_typed,
    "PostToolUse": tool_used,
    "PostToolUseFailure": tool_failed,
    "SubagentStop": agent_stopped,
    "Stop": turn_stopped,
    "StopFailure": turn_broke,
    "SessionEnd": session_closed,
}
TOOLS: dict[str, Callable[[Payload, Ref], list[Fact]]] = {
    "Skill": skill_run,
    "Write": document_written,
    "Edit": document_written,
    "Bash": judge_asked,
    "Read": page_read,
}

# Facts that mean something only beside AgentSpec work in the same session.
FOLLOWERS = frozenset(("agent_ran", "knowledge_read", "turn_ended", "turn_failed", "session_ended"))


def text_after(payload: Payload) -> str | None:
    """The saved file's whole text, rebuilt from the payload; None where it cannot be."""
    asked, answer = _part(payload, "tool_input"), _part(payload, "tool_response")
    written = asked.get("content")
    if isinstance(written, str):
        return written
    text = answer.get("originalFile")
    if not isinstance(text, str):
        return None
    # The answer's own strings: where the file has curly quotes, they are what was really replaced.
    old, new = answer.get("oldString"), answer.get("newString")
    if not isinstance(old, str) or not isinstance(new, str):
        return None
    if not new and old + "\n" in text:
        old += "\n"  # what is deleted takes the end of its line along, or a table would be cut in two
    return text.replace(old, new) if answer.get("replaceAll") is True else text.replace(old, new, 1)


def _agent_ran(payload: Payload, outcome: str) -> list[Fact]:
    from telemetry.capture.agents import agent_of

    agent = agent_of(payload.get("agent_type"))
    return [("agent_ran", None, {"agent": agent, "outcome": outcome})] if agent else []


def _started(command: object, arguments: object, origin: str, ref: Ref) -> list[Fact]:
    from telemetry.capture.commands import feature_of, judge_of, phase_of

    phase = phase_of(command)
    if phase is None:
        return []
    words = arguments if isinstance(arguments, str) else ""
    feature = feature_of(words)
    fields = {"phase": phase, "origin": origin, "judge": judge_of(words), "agentspec": "0.0.0"}
    return [("phase_started", ref("feature", feature) if feature else None, fields)]


def _word(payload: Payload, name: str) -> str:
    """A part of the payload that should be a text, or an empty one."""
    part = payload.get(name)
    return part if isinstance(part, str) else ""


def _part(payload: Payload, name: str) -> Payload:
    """A part of the payload that should be an object, or an empty one."""
    part = payload.get(name)
    return part if isinstance(part, dict) else {}
