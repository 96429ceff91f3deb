"""Judges that pass, fail and break, as the Bash tool tells of them."""

from __future__ import annotations

import pytest

from tests.journey.api import bash, says, uses
from tests.journey.life import judging, saves
from tests.journey.machine import AGENTSPEC, DESIGN, FEATURE, Machine

SPEC_JUDGE = AGENTSPEC / "tools/spec-judge/spec-judge"


@pytest.mark.parametrize(
    ("verdict", "told", "used"),
    [
        ("PASS", "design judged: pass", True),
        ("FAIL", "design judged: fail", True),
        ("BROKEN", "design judged: none", False),
    ],
)
@pytest.mark.parametrize("form", ["", " --json"])
def test_a_judge_is_heard(machine: Machine, verdict: str, told: str, used: bool, form: str) -> None:
    """Exit 0, 1 and 2, in Markdown and in JSON; one that broke has said nothing."""
    judge = bash(
        f"STANDIN_VERDICT={verdict} python3 {AGENTSPEC}/scripts/judge.py {machine.path('DESIGN')} --phase design{form}"
    )
    machine.plays(f"{DESIGN} {FEATURE} --judge", saves(machine, "DESIGN"), uses(judge), says())
    assert told in machine.told()
    record = machine.feature().record
    assert record.judge.enabled is record.outcome.judge_used is used
    assert record.judge.pre_design_score == {"PASS": 8.8, "FAIL": 3.0, "BROKEN": None}[verdict]


def test_a_judge_behind_a_pipe_is_heard(machine: Machine) -> None:
    """Its exit code is lost there; its words are not."""
    judge = bash(
        f"STANDIN_VERDICT=FAIL python3 {AGENTSPEC}/scripts/judge.py {machine.path('DESIGN')} --json | tee out.txt"
    )
    machine.plays(f"{DESIGN} {FEATURE}", saves(machine, "DESIGN"), uses(judge), says())
    assert "design judged: fail" in machine.told()


@pytest.mark.parametrize(("tier", "seats"), [("smoke", 1), ("standard", 3), ("high-assurance", 4)])
def test_a_panel_has_as_many_seats_as_its_tier(machine: Machine, tier: str, seats: int) -> None:
    """One that fails blocks nothing of what is recorded."""
    judge = bash(f"STANDIN_VERDICT=FAIL {SPEC_JUDGE} {machine.path('DESIGN')} --tier {tier} --json")
    machine.plays(f"{DESIGN} {FEATURE}", saves(machine, "DESIGN"), uses(judge), says())
    assert machine.feature().record.judge.reviewers_count == seats
    assert machine.feature().record.judge.pre_design_score == 2.0


def test_going_on_after_a_fail_is_an_override(machine: Machine) -> None:
    """/build begins although the design did not pass."""
    judge = bash(f"STANDIN_VERDICT=FAIL python3 {AGENTSPEC}/scripts/judge.py {machine.path('DESIGN')} --phase design")
    machine.plays(f"{DESIGN} {FEATURE} --judge", saves(machine, "DESIGN"), uses(judge), says())
    assert not machine.feature().record.judge.human_override
    machine.plays(f"/build {machine.path('DESIGN')}", saves(machine, "BUILD_REPORT"), says())
    assert machine.feature().record.judge.human_override


def test_a_second_try_that_passes_is_no_override(machine: Machine) -> None:
    """The judge as AgentSpec's command spells it, with its shell variables."""
    failing = bash(f"STANDIN_VERDICT=FAIL python3 {AGENTSPEC}/scripts/judge.py {machine.path('DESIGN')} --phase design")
    second = uses(judging(machine, "design"))
    machine.plays(f"{DESIGN} {FEATURE}", saves(machine, "DESIGN"), uses(failing), second, says())
    machine.plays(f"/build {machine.path('DESIGN')}", saves(machine, "BUILD_REPORT"), says())
    assert [line for line in machine.told() if "judged" in line] == ["design judged: fail", "design judged: pass"]
    assert not machine.feature().record.judge.human_override


def test_a_command_that_only_speaks_of_a_judge_is_none(machine: Machine) -> None:
    """Listing, searching, reading."""
    look = uses(bash(f"ls {SPEC_JUDGE}; grep -c judge {AGENTSPEC}/scripts/judge.py; echo judge.py PASS"))
    machine.plays(f"{DESIGN} {FEATURE}", saves(machine, "DESIGN"), look, says())
    assert not any("judged" in line for line in machine.told())
