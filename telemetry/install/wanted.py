"""Which hooks a project gets: those of hooks/hooks.json, spelled for a settings file. Pure.

In a settings file Claude Code knows no `${CLAUDE_PLUGIN_ROOT}`, so the folder's own path stands there; and the
slash commands are the project's `/insights` and `/telemetry` instead of the plugin's.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from typing import Any

ROOT_VARIABLE = "${CLAUDE_PLUGIN_ROOT}"
MARK = "# agentspec-telemetry"  # a shell comment: how our entries are known again, wherever the plugin lay
EXPANSION = "UserPromptExpansion"
SLASH_SCRIPT = "/scripts/slash-hook"  # what answers the slash commands
SLASH_COMMANDS = ("insights", "telemetry")
SLASH_SECONDS = 60

Hooks = dict[str, list[dict[str, Any]]]


def wanted_hooks(plugin_hooks: Hooks, root: str, python: str, slash: Sequence[str] = SLASH_COMMANDS) -> Hooks:
    """What to register, by event: the plugin's hooks with `root` in them, and the slash commands named."""
    wanted = {event: [_rooted(group, root) for group in groups] for event, groups in plugin_hooks.items()}
    others = [group for group in wanted.get(EXPANSION, []) if not answers_slash_commands(group)]
    wanted[EXPANSION] = [*others, slash_group(root, python, slash)] if slash else others
    return {event: groups for event, groups in wanted.items() if groups}


def answers_slash_commands(group: dict[str, Any]) -> bool:
    """Whether a group of hooks is the one that answers in the model's place."""
    return any(SLASH_SCRIPT in handler["command"] for handler in group["hooks"])


def slash_group(root: str, python: str, commands: Sequence[str]) -> dict[str, Any]:
    """The hook that answers the project's slash commands, also when the plugin's folder has gone."""
    script = shlex.quote(root + SLASH_SCRIPT)
    command = f"sh {script} {shlex.quote(python)} 2>/dev/null || printf %s {shlex.quote(_GONE)} {MARK}"
    return {
        "matcher": f"^({'|'.join(commands)})$",
        "hooks": [{"type": "command", "command": command, "timeout": SLASH_SECONDS}],
    }


def is_ours(handler: object) -> bool:
    """Whether a hook of a settings file was put there by us."""
    command = handler.get("command") if isinstance(handler, dict) else None
    return isinstance(command, str) and command.rstrip().endswith(MARK)


def with_root(command: str, root: str) -> str:
    """The shell command with the plugin's folder in place of its variable, quoted as the place asks for."""
    head, *tails = command.split(ROOT_VARIABLE)
    text = head
    for tail in tails:
        text += _QUOTING[_open_quote(text)](root) + tail
    return text


def _rooted(group: dict[str, Any], root: str) -> dict[str, Any]:
    return {**group, "hooks": [_rooted_handler(handler, root) for handler in group["hooks"]]}


def _rooted_handler(handler: dict[str, Any], root: str) -> dict[str, Any]:
    return {**handler, "command": f"{with_root(handler['command'], root)} {MARK}"}


def _open_quote(text: str) -> str:
    """The quote that is still open at the end of a piece of shell: `'`, `"` or none."""
    quote, escaped = "", False
    for character in text:
        if escaped:
            escaped = False
        elif character == "\\" and quote != "'":
            escaped = True
        elif character == quote:
            quote = ""
        elif character in "'\"" and not quote:
            quote = character
    return quote


def _in_double_quotes(root: str) -> str:
    return "".join("\\" + character if character in '\\"$`' else character for character in root)


def _in_single_quotes(root: str) -> str:
    return root.replace("'", "'\\''")


_QUOTING = {"": shlex.quote, '"': _in_double_quotes, "'": _in_single_quotes}

_GONE = json.dumps(
    {
        "decision": "block",
        "reason": "AgentSpec Telemetry is no longer where it was when this project was set up.\n"
        "Run `agentspec install` again in this project, or `agentspec uninstall` to remove its hooks.",
    }
)
