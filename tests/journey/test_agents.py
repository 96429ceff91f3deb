"""Subagents: in the foreground and in the background, AgentSpec's and others, well and ill."""

from __future__ import annotations

import pytest

from tests.journey.api import agent, fails, read, says, uses
from tests.journey.life import AGENT, furnish, saves
from tests.journey.machine import AGENTSPEC, FEATURE, Machine

TESTER, PYTHON = "agentspec:test:test-generator", "agentspec:python:python-developer"


@pytest.mark.parametrize("background", [False, True])
def test_agents_are_counted_by_name(machine: Machine, background: bool) -> None:
    """Also two at once; a person's own is `custom`; what Claude Code brings along is not counted."""
    furnish(machine)
    kinds = (TESTER, PYTHON, PYTHON, AGENT, "general-purpose")
    called = uses(*(agent(kind, background=background) for kind in kinds))
    machine.plays(f"/build {FEATURE}", called, saves(machine, "BUILD_REPORT"), says(seconds=1), says(), says())
    assert machine.feature().agent_runs == {"test-generator": 1, "python-developer": 2, "custom": 1}


def test_what_an_agent_does_belongs_to_the_phase_that_called_it(machine: Machine) -> None:
    """It reads a page, saves the report, and only then the main agent goes on."""
    page = AGENTSPEC / "kb/dbt/patterns/incremental.md"
    script = (uses(read(page)), saves(machine, "BUILD_REPORT"), says())
    machine.plays(f"/build {FEATURE}", uses(agent(PYTHON, "builder")), says(), subagents={"builder": script})
    feature = machine.feature()
    assert feature.completed == {"build"}
    assert feature.record.kb.domains_consulted == ("dbt",)
    assert feature.record.kb.patterns_used == 1


def test_an_agent_that_dies_of_an_error_is_told_apart(machine: Machine) -> None:
    """The phase itself goes on and comes to its end."""
    dying = {"ill": (fails(400),) * 20}
    machine.plays(
        f"/build {FEATURE}", uses(agent(PYTHON, "ill")), saves(machine, "BUILD_REPORT"), says(), subagents=dying
    )
    assert "agent failed: python-developer" in machine.told()
    assert machine.feature().completed == {"build"}
    assert machine.feature().record.errors.phase_failed is None
