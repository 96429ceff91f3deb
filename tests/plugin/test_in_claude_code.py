"""In the real CLI: what a person types, what they see, and that the model is not asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.plugin.loopback import ROOT, Api, Claude

Agentspec = Callable[..., str]


def test_a_project_that_is_set_up_answers_insights(
    bare_plugin: Path, project: Path, claude: Claude, agentspec: Agentspec
) -> None:
    """At once, with no request to the API, wherever the plugin lies."""
    agentspec(bare_plugin, "install")
    assert "No figures yet" in claude.typed("/insights")
    assert claude.api.asked == []


def test_a_phase_is_noted_by_the_hooks_of_a_project(
    bare_plugin: Path, project: Path, claude: Claude, agentspec: Agentspec
) -> None:
    """Typed in a project that is set up, with the plugin in a folder with a difficult name."""
    agentspec(bare_plugin, "install")
    (project / ".claude/commands/define.md").write_text("Define it.")
    claude.typed("/define ORDERS")
    (journal,) = (project / ".claude/telemetry/events").iterdir()
    events = [json.loads(line) for line in journal.read_text().splitlines() if line]
    assert [(event["kind"], event["phase"]) for event in events if "phase" in event] == [("phase_started", "define")]


def test_columns_arrive_as_they_were_printed(plugin: Path, project: Path, claude: Claude, agentspec: Agentspec) -> None:
    """Line for line what the command line prints."""
    agentspec(plugin, "install")
    printed = agentspec(plugin, "insights", "--help")
    assert printed.rstrip() in claude.typed("/insights --help")
    assert claude.api.asked == []


def test_the_plugin_alone_answers_under_its_own_name(plugin: Path, claude: Claude) -> None:
    """And leaves the bare name to Claude Code."""
    assert "No figures yet" in claude.typed("/agentspec-telemetry:insights", "--plugin-dir", str(plugin))
    assert claude.api.asked == []


def test_the_telemetry_command_is_answered_without_the_model(plugin: Path, claude: Claude) -> None:
    """Under the plugin's name; it says where the decision is made, and makes none."""
    said = claude.typed("/agentspec-telemetry:telemetry --enable --yes", "--plugin-dir", str(plugin))
    assert "in a terminal of your own" in said
    assert claude.api.asked == []


def test_a_project_that_is_set_up_answers_telemetry(plugin: Path, claude: Claude, agentspec: Agentspec) -> None:
    """Under its bare name, and once, also with the plugin beside it."""
    agentspec(plugin, "install")
    assert claude.typed("/telemetry --purge", "--plugin-dir", str(plugin)).count("in a terminal of your own") == 1
    assert claude.api.asked == []


def test_a_project_that_was_uninstalled_leaves_the_name_to_claude_code(
    plugin: Path, project: Path, claude: Claude, agentspec: Agentspec
) -> None:
    """Its own /insights asks the model; ours never did. This also shows that the counter counts."""
    agentspec(plugin, "install")
    agentspec(plugin, "uninstall")
    assert list(project.iterdir()) == []
    assert "blocked by hook" not in claude.typed("/insights")
    assert claude.api.asked != []


def test_a_plugin_that_went_away_says_so(plugin: Path, project: Path, claude: Claude, agentspec: Agentspec) -> None:
    """Instead of a shell's message, or of a question to the model."""
    agentspec(plugin, "install")
    plugin.rename(plugin.parent / "elsewhere")
    assert "agentspec install" in claude.typed("/insights")
    assert claude.api.asked == []


def test_an_ordinary_prompt_is_not_disturbed_by_an_installation(
    plugin: Path, claude: Claude, agentspec: Agentspec
) -> None:
    """Also when the plugin's folder has gone since: the hooks that are left say nothing."""
    agentspec(plugin, "install")
    plugin.rename(plugin.parent / "elsewhere")
    assert claude.typed("hello").strip() == "Done."


def test_the_plugin_installs_from_a_checkout(plugin: Path, project: Path, claude: Claude, api: Api) -> None:
    """Marketplace, plugin, hooks and command are all found."""
    added = claude("plugin", "marketplace", "add", str(plugin))
    assert added.returncode == 0, added.stdout + added.stderr
    installed = claude("plugin", "install", "agentspec-telemetry@agentspec-telemetry")
    assert installed.returncode == 0, installed.stdout + installed.stderr
    listed = json.loads(claude("plugin", "list", "--json").stdout)
    assert [(one["id"], one["enabled"]) for one in listed] == [("agentspec-telemetry@agentspec-telemetry", True)]
    assert "No figures yet" in claude.typed("/agentspec-telemetry:insights")
    assert api.asked == []


def test_the_commands_are_the_same_in_a_project_and_in_the_plugin(
    plugin: Path, project: Path, agentspec: Agentspec
) -> None:
    """One text, one place."""
    agentspec(plugin, "install")
    for name in ("insights.md", "telemetry.md"):
        assert (project / ".claude/commands" / name).read_bytes() == (ROOT / "commands" / name).read_bytes()
