"""A typed /insights is answered with what `agentspec insights` prints, and with nothing else."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from telemetry.cli.main import main as agentspec
from telemetry.cli.slash import answer

COLUMNS = "YOUR TOP AGENTS\n  @python-developer   Used 10x  Quality: 8.9\n\n  end"


def printing(arguments: list[str]) -> int:
    """Stands in for `agentspec`: shows what it was asked."""
    print(*arguments, sep="|")
    return 0


def payload(arguments: str, source: str = "projectSettings") -> bytes:
    """The hook's payload, as Claude Code sends it."""
    return json.dumps({"command_source": source, "command_args": arguments, "prompt": "/insights"}).encode()


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


@pytest.mark.parametrize("source", ["builtin", "userSettings"])
def test_somebody_elses_insights_is_not_answered_for(source: str) -> None:
    """Ours may be deleted while its hook is still there: then Claude Code's own command goes on."""
    assert answer(payload("", source), {}, printing) == "{}"


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
