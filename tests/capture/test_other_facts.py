"""Knowledge, agents, turns, sessions and the version: the small facts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from telemetry.capture.envelope import Refs, enveloped, host_ids
from telemetry.capture.observe import STEPS, TOOLS, observe
from telemetry.capture.version import version_of
from telemetry.contract.event_check import is_event
from telemetry.hook import installed_version
from tests.capture.payloads import BASE, plainly, read, seen, tool

PLUGIN = "/home/dev/.claude/plugins/cache/agentspec/agentspec/3.5.0"


@pytest.mark.parametrize(
    ("path", "domain", "pattern"),
    [
        (f"{PLUGIN}/kb/dbt/index.md", "dbt", None),
        (f"{PLUGIN}/kb/dbt/patterns/incremental-model.md", "dbt", "page:dbt/patterns/incremental-model.md"),
        (f"{PLUGIN}/kb/dbt/concepts/patterns.md", "dbt", None),
        ("/home/dev/shop/.claude/kb/airflow/patterns/deep/er.md", "airflow", "page:airflow/patterns/deep/er.md"),
        ("/home/dev/shop/.claude/kb/our-secrets/index.md", "custom", None),
        (f"{PLUGIN}/kb/our-secrets/patterns/x.md", "custom", "page:our-secrets/patterns/x.md"),
        ("/home/dev/kb/shop/.claude/kb/dbt/index.md", "dbt", None),
        ("C:\\shop\\.claude\\kb\\dbt\\specs\\x.yaml", "dbt", None),
        ("kb/dbt/index.md", "dbt", None),
    ],
)
def test_a_page_of_a_knowledge_base_is_a_consultation(path: str, domain: str, pattern: str | None) -> None:
    """A page below patterns/ can be told from others, but not named."""
    assert seen(read(path)) == [("knowledge_read", None, {"domain": domain, "pattern": pattern})]


@pytest.mark.parametrize(
    "path",
    [
        "/home/dev/kb/our-own/notes.md",
        "/home/dev/shop/.claude/kb/index.md",
        "/home/dev/shop/.claude/kbx/dbt/index.md",
        "/home/dev/shop/.claude/kb/dbt/model.sql",
        "/home/dev/kb.md",
        "",
        None,
        7,
        ["kb/dbt/index.md"],
    ],
)
def test_another_file_is_no_consultation(path: Any) -> None:
    """A `kb` of somebody else's, an index of all domains, no page."""
    assert seen(read(path)) == []


@pytest.mark.parametrize(
    ("name", "agent"),
    [
        ("agentspec:python:python-developer", "python-developer"),
        ("agentspec:test-generator", "test-generator"),
        ("test-generator", "test-generator"),
        ("general-purpose", "general"),
        ("Explore", "general"),
        ("Plan", "general"),
        ("our-agent", "custom"),
        ("agentspec:python:our-agent", "custom"),
        ("acme:code-reviewer", "custom"),
        ("acme:general-purpose", "custom"),
        ("my-agentspec:python:python-developer", "custom"),
        ("a" * 10_000, "custom"),
    ],
)
def test_an_agent_is_a_word_of_the_list(name: str, agent: str) -> None:
    """Another plugin's is custom, whatever its name."""
    stopped = {"hook_event_name": "SubagentStop", "agent_id": "a1", "agent_type": name}
    assert seen(stopped) == [("agent_ran", None, {"agent": agent, "outcome": "completed"})]
    failed = {"hook_event_name": "StopFailure", "agent_id": "a1", "agent_type": name, "error": "server_error"}
    assert seen(failed) == [("agent_ran", None, {"agent": agent, "outcome": "failed"})]


@pytest.mark.parametrize("name", ["", None, 5, [], {}, " ", "agentspec:"])
def test_the_agent_that_compacts_is_nobody(name: object) -> None:
    """2.1.197 runs every matcher for it."""
    assert seen({"hook_event_name": "SubagentStop", "agent_id": "a1", "agent_type": name}) == []


@pytest.mark.parametrize(
    ("error", "word"),
    [
        ("server_error", "server_error"),
        ("rate_limit", "rate_limit"),
        ("unknown", "unknown"),
        ("API Error: 500 secret", "other"),
        ("", "other"),
        (None, "other"),
        (["server_error"], "other"),
        ({}, "other"),
    ],
)
def test_a_turn_that_broke_says_the_hosts_word(error: object, word: str) -> None:
    """Or other."""
    assert seen({"hook_event_name": "StopFailure", "error": error}) == [("turn_failed", None, {"error": word})]


@pytest.mark.parametrize(
    ("reason", "word"),
    [("clear", "clear"), ("prompt_input_exit", "prompt_input_exit"), ("other", "other"), ("x", "other"), ([], "other")],
)
def test_a_session_that_ends_says_the_hosts_word(reason: object, word: str) -> None:
    """Or other."""
    assert seen({"hook_event_name": "SessionEnd", "reason": reason}) == [("session_ended", None, {"reason": word})]


def test_a_turn_that_ends_says_only_that() -> None:
    """Not what the model said last."""
    assert seen({"hook_event_name": "Stop", "last_assistant_message": "secret"}) == [("turn_ended", None, {})]


@pytest.mark.parametrize(
    "event",
    [
        "SessionStart",
        "UserPromptSubmit",
        "PreToolUse",
        "PostToolBatch",
        "SubagentStart",
        "PreCompact",
        "",
        None,
        [],
        {},
    ],
)
def test_what_capture_does_not_look_for_cannot_pass(event: object) -> None:
    """Nor a tool it does not know."""
    assert seen({"hook_event_name": event, "prompt": "/define ORDERS"}) == []
    assert seen(tool("Task", {}, {})) == seen(tool("mcp__x__y", {}, {})) == []


JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["Bash", "Write", "kb/a/b.md"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
FIELDS = [
    "tool_input",
    "tool_response",
    "command_name",
    "command_args",
    "error",
    "reason",
    "agent_type",
    "agent_id",
    "session_id",
    "prompt_id",
    "tool_use_id",
    "stop_hook_active",
    "tool_name",
]
INNER = [
    "file_path",
    "content",
    "command",
    "stdout",
    "skill",
    "args",
    "originalFile",
    "oldString",
    "newString",
    "replaceAll",
    "backgroundTaskId",
]


@settings(max_examples=300)
@given(
    st.sampled_from(sorted(STEPS)),
    st.sampled_from(sorted(TOOLS)),
    st.dictionaries(st.sampled_from(FIELDS), JUNK | st.dictionaries(st.sampled_from(INNER), JUNK)),
)
def test_whatever_the_fields_hold_only_valid_events_come_out(event: str, name: str, fields: dict[str, Any]) -> None:
    """And nothing is raised: a host may change any field's type tomorrow."""
    payload = {"tool_name": name, **fields, "hook_event_name": event}
    refs = Refs(bytes(32))
    for found in enveloped(payload, observe(payload, refs), refs, "2026-11-22T10:00:00.000Z"):
        assert is_event(found)


def test_the_same_happening_has_the_same_id_and_another_has_another() -> None:
    """Two hooks that see one tool call agree; the next call, turn, command or session is another one."""
    call = tool("Read", {}, {})
    stop = {"hook_event_name": "Stop"}
    others: list[dict[str, Any]] = [
        call,
        {**call, "tool_use_id": "toolu_00002"},
        {**call, "session_id": "other"},
        stop,
        {**stop, "prompt_id": "other"},
        {**stop, "stop_hook_active": True},
        {"hook_event_name": "SessionEnd", "reason": "clear"},
        {"hook_event_name": "SubagentStop", "agent_id": "a1"},
        {"hook_event_name": "SubagentStop", "agent_id": "a2"},
        {"hook_event_name": "StopFailure", "agent_id": "a1"},
        {"hook_event_name": "UserPromptExpansion", "command_name": "define"},
        {"hook_event_name": "UserPromptExpansion", "command_name": "design"},
    ]
    ids = [host_ids({**BASE, **payload}, "2026-11-22T10:00:00.000Z") for payload in others]
    assert len(set(ids)) == len(ids)
    assert ids == [host_ids({**BASE, **payload}, "2026-11-22T10:00:59.000Z") for payload in others]


def test_a_ref_depends_on_the_key_and_on_what_it_is_of() -> None:
    """Without the key nothing can be looked up; a feature is not a file of the same name."""
    one, other = Refs(b"\1" * 32), Refs(b"\2" * 32)
    refs = [one("feature", "ORDERS"), other("feature", "ORDERS"), one("file", "ORDERS"), one("feature", "ORDER")]
    assert len(set(refs)) == 4 and all(len(ref) == 16 for ref in refs)
    assert one("feature", "\ud800") == one("feature", "\ud800")  # half a character is a name, too


def installed(*entries: tuple[str, object]) -> dict[str, Any]:
    """Claude Code's list of installed plugins."""
    return {"version": 2, "plugins": {name: [{"scope": "user", "version": version}] for name, version in entries}}


@pytest.mark.parametrize(
    ("plugins", "version"),
    [
        (installed(("agentspec@agentspec", "3.5.0")), "3.5.0"),
        (installed(("other@x", "1.0.0"), ("agentspec@my-market", "3.6.1")), "3.6.1"),
        ({"plugins": {"agentspec@x": {"version": "3.5.0"}}}, "3.5.0"),
        ({"plugins": {"agentspec@x": [{"version": "main"}, {"version": "3.5.0"}]}}, "3.5.0"),
        (installed(("agentspec-telemetry@x", "0.1.0")), "0.0.0"),
        (installed(("agentspec@x", "3.5.0-secret")), "0.0.0"),
        (installed(("agentspec@x", "d1e5f3a")), "0.0.0"),
        (installed(("agentspec@x", "03.5.0")), "0.0.0"),
        (installed(("agentspec@x", "3.5.٣")), "0.0.0"),
        (installed(("agentspec@x", 3.5)), "0.0.0"),
        (installed(("agentspec@x", None)), "0.0.0"),
        ({"plugins": {"agentspec@x": []}}, "0.0.0"),
        ({"plugins": {"agentspec@x": None}}, "0.0.0"),
        ({"plugins": []}, "0.0.0"),
        ({}, "0.0.0"),
        (None, "0.0.0"),
        ([], "0.0.0"),
    ],
)
def test_the_version_is_that_of_the_plugin_called_agentspec(plugins: object, version: str) -> None:
    """Where it is a plain one; else 0.0.0."""
    assert version_of(plugins) == version


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b"null", b"{}" * 600_000])
def test_a_list_that_cannot_be_read_names_no_version(tmp_path: Path, content: bytes) -> None:
    """Broken, empty, nested without end, too long."""
    folder = tmp_path / "plugins"
    folder.mkdir()
    (folder / "installed_plugins.json").write_bytes(content)
    assert installed_version({"CLAUDE_CONFIG_DIR": str(tmp_path)}) == "0.0.0"


def test_the_list_lies_in_claude_codes_folder(tmp_path: Path) -> None:
    """Below the home folder, or where CLAUDE_CONFIG_DIR says; missing is missing."""
    text = json.dumps(installed(("agentspec@x", "3.5.0")))
    for name, environ in (
        ("a/.claude", {"HOME": str(tmp_path / "a")}),
        ("b", {"HOME": str(tmp_path / "a"), "CLAUDE_CONFIG_DIR": str(tmp_path / "b")}),
    ):
        assert installed_version({**environ, "HOME": str(tmp_path / "none")} if name[0] == "a" else environ) == (
            "0.0.0"
        )
        folder = tmp_path / name / "plugins"
        folder.mkdir(parents=True)
        (folder / "installed_plugins.json").write_text(text, encoding="utf-8")
        assert installed_version(environ) == "3.5.0"
    assert installed_version({}) == "0.0.0"
    assert plainly("a", "b") == "a:b"
