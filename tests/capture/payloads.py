"""Payloads in the shapes that Claude Code 2.1.197 and 2.1.330 were recorded with, and what capture sees in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from telemetry.capture.observe import observe

if TYPE_CHECKING:
    from telemetry.capture.observe import Fact

Payload = dict[str, Any]

RECORDED = Path(__file__).resolve().parents[1] / "data" / "payloads"
SDD = "/home/dev/shop/.claude/sdd/"
BASE: Payload = {
    "session_id": "3c232e5d-173e-4877-9be1-1ea6f51a37f0",
    "transcript_path": "/home/dev/.claude/projects/-home-dev-shop/3c232e5d.jsonl",
    "cwd": "/home/dev/shop",
    "prompt_id": "3b1da95b-8d90-4be7-9917-953093f85a09",
    "permission_mode": "bypassPermissions",
}


def plainly(what: str, text: str) -> str:
    """A ref that can be read: only in tests."""
    return f"{what}:{text}"


def seen(payload: Payload) -> list[Fact]:
    """The facts in a payload, refs left readable."""
    return observe({**BASE, **payload}, plainly)


def typed(command: object, arguments: object = "") -> Payload:
    """A slash command that a person typed."""
    return {
        "hook_event_name": "UserPromptExpansion",
        "expansion_type": "slash_command",
        "command_name": command,
        "command_args": arguments,
        "command_source": "plugin",
        "prompt": f"/{command} {arguments}",
    }


def skill(name: object, arguments: object = "") -> Payload:
    """A skill that the model ran."""
    return tool("Skill", {"skill": name, "args": arguments}, {"success": True, "commandName": name})


def tool(name: str, asked: object, answer: object) -> Payload:
    """A tool that was used."""
    return {
        "hook_event_name": "PostToolUse",
        "tool_name": name,
        "tool_input": asked,
        "tool_response": answer,
        "tool_use_id": "toolu_00001",
        "duration_ms": 9,
    }


def write(path: str, content: str) -> Payload:
    """A file that was written; a path below `.claude/sdd/` may be short."""
    path = path if path.startswith("/") else SDD + path
    answer: Payload = {
        "type": "create",
        "filePath": path,
        "content": content,
        "structuredPatch": [],
        "originalFile": None,
    }
    return tool("Write", {"file_path": path, "content": content}, {**answer, "userModified": False})


def edit(path: str, original: str, old: str, new: str, **more: Any) -> Payload:
    """A file that was edited; `more` overrides the answer."""
    path = path if path.startswith("/") else SDD + path
    answer: Payload = {
        "filePath": path,
        "oldString": old,
        "newString": new,
        "originalFile": original,
        "replaceAll": False,
    }
    asked = {"file_path": path, "old_string": old, "new_string": new, "replace_all": False}
    return tool("Edit", asked, {**answer, "structuredPatch": [], "userModified": False, **more})


def bash(command: str, output: str = "", **more: Any) -> Payload:
    """A command that ended with 0."""
    answer: Payload = {
        "stdout": output,
        "stderr": "",
        "interrupted": False,
        "isImage": False,
        "noOutputExpected": False,
    }
    return tool("Bash", {"command": command, "description": "d"}, {**answer, **more})


def bash_failed(command: str, code: int, output: str = "") -> Payload:
    """A command that ended with another code: the CLI merges all output into `error`."""
    return {
        "hook_event_name": "PostToolUseFailure",
        "tool_name": "Bash",
        "tool_input": {"command": command, "description": "d"},
        "tool_use_id": "toolu_00001",
        "error": f"Exit code {code}\n{output}",
        "is_interrupt": False,
        "duration_ms": 9,
    }


def read(path: str) -> Payload:
    """A file that was read."""
    return tool("Read", {"file_path": path}, {"type": "text", "file": {"filePath": path, "content": "x"}})


def recorded(name: str) -> list[Payload]:
    """The payloads of a recording."""
    return [json.loads(line) for line in (RECORDED / name).read_text(encoding="utf-8").splitlines()]
