"""The commands of hooks.json, run as Claude Code runs them: /bin/sh -c, a payload on standard input."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from tests.contract.events import ROOT

Payload = dict[str, Any]
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
NOW = "2026-11-22T10:00:00.000Z"
SECONDS = 60

HOOKS: dict[str, list[dict[str, Any]]] = json.loads((ROOT / "hooks" / "hooks.json").read_text(encoding="utf-8"))[
    "hooks"
]
COMMANDS: list[tuple[str, str]] = [
    (event, handler["command"])
    for event, groups in HOOKS.items()
    for group in groups
    for handler in group["hooks"]
    if "hooks/run" in handler["command"]
]
ANY = next(command for _, command in COMMANDS if "G=any" in command)
OPEN = next(command for _, command in COMMANDS if "G=open" in command)
SDD = next(command for _, command in COMMANDS if "G=sdd" in command)

DEFINE: Payload = {
    "hook_event_name": "UserPromptExpansion",
    "session_id": "s1",
    "prompt_id": "p1",
    "command_name": "agentspec:workflow:define",
    "command_args": "ORDERS",
}
STOP: Payload = {"hook_event_name": "Stop", "session_id": "s1", "prompt_id": "p1"}
JUDGE: Payload = {
    "hook_event_name": "PostToolUse",
    "session_id": "s1",
    "prompt_id": "p1",
    "tool_name": "Bash",
    "tool_use_id": "t1",
    "tool_input": {"command": "python3 judge.py DEFINE_ORDERS.md"},
    "tool_response": {"stdout": '{"verdict": "PASS", "confidence": 0.9}'},
}


def commands_for(payload: Payload) -> list[str]:
    """The commands whose matcher lets the payload through; `if` is the CLI's business."""
    asked = payload.get("tool_name") or payload.get("command_name") or payload.get("agent_type") or ""
    return [
        handler["command"]
        for group in HOOKS.get(payload["hook_event_name"], [])
        for handler in group["hooks"]
        if "hooks/run" in handler["command"] and re.search(group.get("matcher", ""), asked)
    ]


def play(payloads: list[Payload], project: Path, times: int = 1, shell: tuple[str, ...] = ("/bin/sh",)) -> None:
    """Every payload through its commands, ten seconds apart."""
    for number, payload in enumerate(payloads):
        at = f"2026-11-22T{10 + number // 360}:{number // 6 % 60:02}:{number % 6}0.000Z"
        for command in commands_for(payload) * times:
            run(command, payload, environment(project, AGENTSPEC_TELEMETRY_NOW=at), shell)


def copy_of_the_plugin(place: Path) -> Path:
    """What the hooks need, somewhere else."""
    for part in ("hooks", "telemetry"):
        shutil.copytree(ROOT / part, place / part, ignore=shutil.ignore_patterns("__pycache__"))
    return place


def environment(project: Path, plugin: Path = ROOT, **more: str) -> dict[str, str]:
    """What a hook gets of Claude Code's environment; the home folder is the test's."""
    return {
        "PATH": PATH,
        "HOME": os.environ["HOME"],
        "CLAUDE_PLUGIN_ROOT": str(plugin),
        "CLAUDE_PROJECT_DIR": str(project),
        "AGENTSPEC_TELEMETRY_NOW": NOW,
        "ANTHROPIC_API_KEY": "sk-secret",
        **more,
    }


def run(command: str, payload: Payload | bytes, env: dict[str, str], shell: tuple[str, ...] = ("/bin/sh",)) -> None:
    """Run a hook. Whatever happens: exit 0, and not a byte of output."""
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    ran = subprocess.run(
        [*shell, "-c", command], input=data, env=env, capture_output=True, check=False, timeout=SECONDS
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")
