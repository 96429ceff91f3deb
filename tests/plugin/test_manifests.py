"""Claude Code accepts the manifests, and they agree with each other and with the package."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from telemetry import __version__
from telemetry.install.wanted import EXPANSION, SLASH_COMMANDS, answers_slash_commands
from tests.plugin.loopback import ROOT, Claude


def manifest(name: str) -> Any:
    """A manifest as JSON."""
    return json.loads((ROOT / name).read_text(encoding="utf-8"))


def test_both_copies_of_the_manifest_are_equal_and_plain_files() -> None:
    """Claude Code reads one, people the other; a link would not survive every checkout."""
    top, inner = ROOT / "plugin.json", ROOT / ".claude-plugin/plugin.json"
    assert top.read_bytes() == inner.read_bytes()
    assert not top.is_symlink()
    assert not inner.is_symlink()


def test_the_version_is_the_same_everywhere() -> None:
    """Manifest, package and pyproject.toml."""
    declared = re.search(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)
    assert declared is not None
    assert manifest("plugin.json")["version"] == __version__ == declared[1]


def test_the_description_discloses_what_the_plugin_does() -> None:
    """Where it writes, what it uses the network for, and how to turn that off; the marketplace says the same."""
    described = manifest("plugin.json")["description"]
    assert ".claude/telemetry/" in described
    assert "stays on your machine" in described
    assert "nothing is shared until you say yes in your own terminal" in described
    assert "The network is used for one thing" in described
    assert "agentspec telemetry --disable" in described
    assert [one["description"] for one in manifest(".claude-plugin/marketplace.json")["plugins"]] == [described]


@pytest.mark.parametrize("name", SLASH_COMMANDS)
def test_a_command_takes_no_bare_name_and_is_not_the_models(name: str) -> None:
    """A `name:` in the frontmatter would make the plugin answer a bare /insights, which is Claude Code's own."""
    _, frontmatter, _ = (ROOT / f"commands/{name}.md").read_text(encoding="utf-8").split("---\n", 2)
    assert "name:" not in frontmatter
    assert "disable-model-invocation: true" in frontmatter


def test_every_command_has_its_file() -> None:
    """And every file its hook."""
    assert {file.stem for file in (ROOT / "commands").iterdir()} == set(SLASH_COMMANDS)


def test_the_plugins_hooks_answer_its_slash_commands_silently_when_they_cannot() -> None:
    """One entry, matching the commands' full names only, that never fails."""
    (group,) = filter(answers_slash_commands, manifest("hooks/hooks.json")["hooks"][EXPANSION])
    for name in SLASH_COMMANDS:
        assert re.search(group["matcher"], f"agentspec-telemetry:{name}")
        assert not re.search(group["matcher"], name)
        assert not re.search(group["matcher"], f"another:agentspec-telemetry:{name}")
    (handler,) = group["hooks"]
    assert "${CLAUDE_PLUGIN_ROOT}/scripts/slash-hook" in handler["command"]
    assert handler["command"].endswith("|| :")


@pytest.mark.parametrize("name", [".", ".claude-plugin/plugin.json", "plugin.json"])
def test_claude_code_validates_strictly(claude: Claude, name: str) -> None:
    """Neither errors nor warnings."""
    ran = claude("plugin", "validate", "--strict", str(ROOT / name))
    assert ran.returncode == 0, ran.stdout + ran.stderr
