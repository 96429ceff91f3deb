"""The plugin's hooks, spelled for a settings file, run the very same programs."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from telemetry.install.wanted import EXPANSION, MARK, is_ours, wanted_hooks, with_root

SPELLINGS = [
    'printf %s "${CLAUDE_PLUGIN_ROOT}/x"',
    "printf %s ${CLAUDE_PLUGIN_ROOT}/x",
    "printf %s '${CLAUDE_PLUGIN_ROOT}/x'",
    "X='a\"' ; printf %s \"${CLAUDE_PLUGIN_ROOT}\"'/x'",
    'printf "\\"" >/dev/null; printf %s "${CLAUDE_PLUGIN_ROOT}/x" 2>/dev/null || :',
]


@pytest.mark.parametrize("command", SPELLINGS)
@given(root=st.text(alphabet="a /.'\"\\$`!*~#&;|<>(){}[]?\n\té", min_size=1, max_size=12))
def test_the_folder_stands_where_its_variable_stood(command: str, root: str) -> None:
    """For a shell it is one word, whatever is in it."""
    marked = f"{with_root(command, root)} {MARK}"
    ran = subprocess.run(["sh", "-c", marked], capture_output=True, check=True)
    assert ran.stdout.decode() == root + "/x"


SLASH = {"matcher": "^ours:(insights|telemetry)$", "hooks": [{"type": "command", "command": "sh x/scripts/slash-hook"}]}


def test_the_plugins_slash_commands_become_the_projects() -> None:
    """Other hooks of the same event stay."""
    plugin = {EXPANSION: [SLASH, {"matcher": "define", "hooks": [{"type": "command", "command": "b"}]}]}
    groups = wanted_hooks(plugin, "/root", "/python")[EXPANSION]
    assert [group["matcher"] for group in groups] == ["define", "^(insights|telemetry)$"]
    assert all(is_ours(handler) for group in groups for handler in group["hooks"])


def test_without_a_slash_command_nothing_listens_for_it() -> None:
    """No process starts for an /insights that is the project's own."""
    (group,) = wanted_hooks({EXPANSION: [SLASH]}, "/root", "/python", slash=["telemetry"])[EXPANSION]
    assert group["matcher"] == "^(telemetry)$"
    assert wanted_hooks({EXPANSION: [SLASH]}, "/root", "/python", slash=[]) == {}


def test_what_a_hook_says_beside_its_command_is_kept() -> None:
    """Conditions, timeouts and the like."""
    handler = {"type": "command", "command": "a", "if": "Read(x)", "async": True, "timeout": 5}
    (group,) = wanted_hooks({"Stop": [{"matcher": "m", "hooks": [handler]}]}, "/r", "/p")["Stop"]
    assert group == {"matcher": "m", "hooks": [{**handler, "command": f"a {MARK}"}]}


@pytest.mark.parametrize("handler", [None, 3, [], {}, {"command": 3}, {"command": "echo '# agentspec-telemetry' || :"}])
def test_hooks_of_others_are_not_ours(handler: object) -> None:
    """Only a command that ends in our mark is."""
    assert not is_ours(handler)


def test_a_missing_script_is_answered_for_in_the_command_itself(tmp_path: Path) -> None:
    """The plugin may be deleted while a project still has its hooks."""
    groups = wanted_hooks({}, str(tmp_path / "gone"), "/p")[EXPANSION]
    ran = subprocess.run(["sh", "-c", groups[0]["hooks"][0]["command"]], capture_output=True, text=True, check=True)
    assert ran.stdout.startswith('{"decision": "block"')
    assert ran.stderr == ""
