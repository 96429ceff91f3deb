"""A typed /insights is answered with what `agentspec insights` prints; a typed /telemetry decides nothing."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from telemetry.cli.main import main as agentspec
from telemetry.cli.slash import answer

COLUMNS = "YOUR TOP AGENTS\n  @python-developer   Used 10x  Quality: 8.9\n\n  end"


def printing(arguments: list[str]) -> int:
    """Stands in for `agentspec`: shows what it was asked."""
    print(*arguments, sep="|")
    return 0


def payload(arguments: str, source: str = "projectSettings", name: str = "insights") -> bytes:
    """The hook's payload, as Claude Code sends it."""
    typed = {"command_name": name, "command_args": arguments, "prompt": f"/{name}"}
    return json.dumps({"command_source": source, **typed}).encode()


def reason(text: str) -> str:
    """What the person sees; the answer blocks the prompt, so no model is asked."""
    said: dict[str, Any] = json.loads(text)
    assert set(said) == {"decision", "reason"}
    assert said["decision"] == "block"
    return str(said["reason"])


def test_the_figures_are_shown_as_they_are_printed() -> None:
    """Columns, blank lines and signs intact."""

    def drawing(arguments: list[str]) -> int:
        print(COLUMNS + " →")
        return 0

    assert reason(answer(payload(""), {}, drawing)) == COLUMNS + " →"


def test_arguments_are_handed_on_as_words() -> None:
    """Quoted ones too; there is no shell that could make more of them."""
    assert reason(answer(payload("--days 7 --since '$(id) x'"), {}, printing)) == "insights|--days|7|--since|$(id) x"


def test_the_sessions_project_is_meant_unless_another_is_named() -> None:
    """The session may have changed its current folder."""
    environ = {"CLAUDE_PROJECT_DIR": "/here"}
    assert reason(answer(payload("--all"), environ, printing)) == "insights|--all|--project|/here"
    assert reason(answer(payload("--project=/there"), environ, printing)) == "insights|--project=/there"


@pytest.mark.parametrize("typed", ["--bogus", "uninstall", "--days", "--days x", "'", "--help", "; rm -rf ."])
def test_what_is_not_documented_is_answered_with_the_usage(typed: str) -> None:
    """The parser of `agentspec insights` decides; no other verb can be reached."""
    assert reason(answer(payload(typed), {}, agentspec)).startswith("usage: agentspec insights")


@pytest.mark.parametrize("source", ["builtin", "bundled", "userSettings"])
def test_somebody_elses_insights_is_not_answered_for(source: str) -> None:
    """Ours may be deleted while its hook is still there: then Claude Code's own command goes on."""
    assert answer(payload("", source), {}, printing) == "{}"


@pytest.mark.parametrize("name", ["telemetry", "agentspec-telemetry:telemetry"])
@pytest.mark.parametrize(
    "typed", ["", "--enable", "--enable --yes", "--purge --all --yes", "--disable", "--send-now", "--project /x", "y"]
)
def test_the_telemetry_command_decides_nothing_whatever_is_typed(name: str, typed: str) -> None:
    """It shows the state of things, and says where the decision is made; the arguments reach nobody."""
    environ = {"CLAUDE_PROJECT_DIR": "/here"}
    said = reason(answer(payload(typed, name=name), environ, printing))
    assert said.startswith("telemetry|--status|--project|/here\n\n")
    assert "in a terminal of your own, in this project's folder" in said
    assert "is ignored" in said
    for option in ("--preview", "--enable", "--disable"):
        assert f"telemetry {option} " in said
    assert "No is fine" in said


def test_the_telemetry_command_explains_itself() -> None:
    """--help is the one word that is heard."""
    assert reason(answer(payload("--yes --help", name="telemetry"), {}, printing)).startswith("telemetry|--help\n\n")


def test_a_person_can_paste_what_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command is named in full where no shell would find it, or would find another."""
    own, others = tmp_path / "the plugin's" / "agentspec", tmp_path / "others" / "agentspec"
    for file in (own, others):
        file.parent.mkdir()
        file.touch(0o755)
    monkeypatch.setattr(sys, "executable", str(own.with_name("python")))
    for path in (tmp_path, others.parent):
        said = reason(answer(payload("", name="telemetry"), {"PATH": str(path)}, printing))
        (line,) = [line for line in said.splitlines() if "--enable" in line]
        assert shlex.split(line)[:3] == [str(own), "telemetry", "--enable"]
    assert "  agentspec telemetry --enable" in reason(
        answer(payload("", name="telemetry"), {"PATH": str(own.parent)}, printing)
    )


def test_a_command_that_is_none_of_ours_is_answered_with_advice() -> None:
    """Claude Code's matcher let it through."""
    assert "agentspec doctor" in reason(answer(payload("", name="x:purge"), {}, printing))


@pytest.mark.parametrize("broken", [b"", b"{", b"[]", b"\xff\xff", b'{"command_args": 3}', b"null"])
def test_a_broken_payload_is_answered_too(broken: bytes) -> None:
    """With what to do."""
    assert "agentspec doctor" in reason(answer(broken, {}, printing))


def test_a_bug_is_answered_without_its_message() -> None:
    """The message may hold what is the person's."""

    def failing(arguments: list[str]) -> int:
        raise RuntimeError("canary")

    assert "canary" not in reason(answer(payload(""), {}, failing))


def test_errors_are_shown_with_their_hint() -> None:
    """Standard error is part of the answer."""

    def refusing(arguments: list[str]) -> int:
        print("agentspec: no", file=sys.stderr)
        raise SystemExit(1)

    assert reason(answer(payload(""), {}, refusing)) == "agentspec: no"
