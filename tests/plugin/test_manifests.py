"""Claude Code accepts the manifests, and they agree with each other and with the package."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from telemetry import __version__
from telemetry.install.wanted import EXPANSION, PLUGIN_COMMAND
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
    """Where it writes, and that nothing leaves the machine; the marketplace says the same."""
    described = manifest("plugin.json")["description"]
    assert ".claude/telemetry/" in described
    assert "stays on your machine" in described
    assert [one["description"] for one in manifest(".claude-plugin/marketplace.json")["plugins"]] == [described]


def test_the_command_does_not_take_the_name_of_claude_codes_own() -> None:
    """A `name:` in the frontmatter would make the plugin answer a bare /insights."""
    _, frontmatter, _ = (ROOT / "commands/insights.md").read_text(encoding="utf-8").split("---\n", 2)
    assert "name:" not in frontmatter
    assert "disable-model-invocation: true" in frontmatter


def test_the_plugins_hooks_answer_its_slash_command_silently_when_they_cannot() -> None:
    """One entry, matching the command's full name only, that never fails."""
    groups = [group for group in manifest("hooks/hooks.json")["hooks"][EXPANSION] if group["matcher"] == PLUGIN_COMMAND]
    assert len(groups) == 1
    (handler,) = groups[0]["hooks"]
    assert "${CLAUDE_PLUGIN_ROOT}/scripts/insights-hook" in handler["command"]
    assert handler["command"].endswith("|| :")


@pytest.mark.parametrize("name", [".", ".claude-plugin/plugin.json", "plugin.json"])
def test_claude_code_validates_strictly(claude: Claude, name: str) -> None:
    """Neither errors nor warnings."""
    ran = claude("plugin", "validate", "--strict", str(ROOT / name))
    assert ran.returncode == 0, ran.stdout + ran.stderr
