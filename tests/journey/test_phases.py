"""How phases begin: typed, by the model, under their other names; again, interleaved, at once."""

from __future__ import annotations

import pytest

from tests.journey import documents
from tests.journey.api import Api, edit, hangs, read, says, serving, skill, uses
from tests.journey.life import saves
from tests.journey.machine import DESIGN, FEATURE, OTHER, PATIENCE, QUIET, TELEMETRY, Machine

AGAIN = ("--continue",)
END = ["turn ended", "session ended: other"]
DEFINED = ["define saved: ready", "scope defined"]


def test_the_model_runs_phases_through_the_skill_tool(machine: Machine) -> None:
    """Asked in plain words; by the command's bare or full name, or by the skill's."""
    machine.plays(
        "Canary7Qx: take my idea through its phases",
        uses(skill("define", "Canary7Qx idea")), saves(machine, "DEFINE"),
        uses(skill("agentspec:sdd-design", machine.path("DEFINE"))), saves(machine, "DESIGN"),
        uses(skill("agentspec:workflow:build", machine.path("DESIGN"))), saves(machine, "BUILD_REPORT"),
        says(),
    )  # fmt: skip
    assert [line for line in machine.told() if "skill" in line or "saved" in line] == [
        "define started: skill, judge off",
        "define saved: ready",
        "design started: skill, judge off",
        "design saved: ready",
        "build started: skill, judge off",
        "build saved: complete",
    ]
    assert machine.feature().completed == {"define", "design", "build"}


def test_a_phase_that_loads_its_own_skill_is_one_phase(machine: Machine) -> None:
    """Typed /define, whose text makes the model call the skill sdd-define."""
    machine.plays("/define Canary7Qx idea", uses(skill("agentspec:sdd-define")), saves(machine, "DEFINE"), says())
    assert machine.told()[:2] == ["define started: typed, judge off", "define started: skill, judge off"]
    assert machine.feature().record.outcome.iterations == 0


def test_a_command_that_the_cli_does_not_know_is_noticed_by_what_the_model_does(machine: Machine) -> None:
    """A CLI that is told to keep its traffic down hands a bare /design on as plain words."""
    called = uses(skill("agentspec:workflow:design", machine.path("DEFINE")))
    machine.plays(f"/design {machine.path('DEFINE')}", called, saves(machine, "DESIGN"), says(), environ={QUIET: "1"})
    assert machine.feature().started == machine.feature().completed == {"design"}


def test_a_design_of_claude_codes_own_is_no_phase(machine: Machine) -> None:
    """It took the bare name for another product, and tells the model nothing of AgentSpec's."""
    machine.sdd.mkdir(parents=True)
    machine.plays(f"/design {FEATURE}", says())
    assert machine.told() == []


@pytest.mark.parametrize("typed", ["/define", "/agentspec:workflow:define", "/agentspec:sdd-define"])
def test_every_name_of_a_command_is_known(machine: Machine, typed: str) -> None:
    """Bare, in full, and the skill of the same phase."""
    machine.plays(f"{typed} {FEATURE} --judge=strict", saves(machine, "DEFINE"), says())
    assert machine.told() == ["define started: typed, judge strict", *DEFINED, *END]


def test_the_copies_of_a_project_without_the_plugin_are_known(machine: Machine) -> None:
    """Commands copied into the project, as AgentSpec's older installer did."""
    copy = machine.project / ".claude/commands/workflow/define.md"
    copy.parent.mkdir(parents=True)
    copy.write_text("Canary7Qx: define $ARGUMENTS\n")
    machine.plays(f"/workflow:define {FEATURE}", saves(machine, "DEFINE"), says(), plugins=(TELEMETRY,))
    assert machine.told() == ["define started: typed, judge off", *DEFINED, *END]


def test_iterating_and_doing_a_finished_phase_again_are_iterations(machine: Machine) -> None:
    """/iterate on the document, then /define once more."""
    own = machine.document("DEFINE")
    machine.plays(f"/define {FEATURE}", saves(machine, "DEFINE"), says())
    change = uses(edit(own, "Canary7QxAuthor", "Canary7QxOther"))
    machine.plays(f'/iterate {machine.path("DEFINE")} "Canary7Qx: change it"', uses(read(own)), change, says())
    machine.plays(f"/define {FEATURE}", uses(read(own)), saves(machine, "DEFINE"), says())
    feature = machine.feature()
    assert feature.started == {"define"}
    assert feature.record.outcome.iterations == 2


def test_a_later_phase_that_touches_earlier_documents_does_not_run_them_again(machine: Machine) -> None:
    """/design writes `✅ Complete (Designed)` into DEFINE and BRAINSTORM."""
    define, brainstorm = machine.document("DEFINE"), machine.document("BRAINSTORM")
    machine.plays(f"/define {FEATURE}", saves(machine, "BRAINSTORM"), saves(machine, "DEFINE"), says())
    marking = (
        uses(read(define), read(brainstorm)),
        uses(edit(define, "Ready for Design", "✅ Complete (Designed)")),
        uses(edit(brainstorm, "Ready for Define", "✅ Complete (Designed)")),
    )
    machine.plays(f"{DESIGN} {machine.path('DEFINE')}", saves(machine, "DESIGN"), *marking, says())
    record = machine.feature().record
    assert "define saved: complete" in machine.told()
    assert record.complexity.phases_used == ("define", "design")
    assert record.outcome.iterations == 0


def test_features_taken_in_turns_in_one_session_are_kept_apart(machine: Machine) -> None:
    """Define one, define the other, then design both, in a session that is taken up again each time."""
    machine.plays(f"/define {FEATURE}", saves(machine, "DEFINE"), says())
    machine.plays(
        f"/define {OTHER}",
        saves(machine, "DEFINE", OTHER, documents.define(iac="New resources")),
        says(),
        arguments=AGAIN,
    )
    machine.plays(f"{DESIGN} {machine.path('DEFINE')}", saves(machine, "DESIGN"), says(), arguments=AGAIN)
    machine.plays(f"{DESIGN} {machine.path('DEFINE', OTHER)}", saves(machine, "DESIGN", OTHER), says(), arguments=AGAIN)
    features = machine.features()
    assert len({event["session"] for event in machine.events()}) == 1
    assert [feature.completed for feature in features] == [{"define", "design"}] * 2
    assert [feature.record.outcome.iterations for feature in features] == [0, 0]


def test_two_sessions_at_once_do_not_mix(machine: Machine) -> None:
    """Both are in the middle of a phase at the same moment, each on its own feature."""
    one = Api((hangs(read(machine.project / "CLAUDE.md")), saves(machine, "DEFINE"), says()))
    two = Api((hangs(read(machine.project / "CLAUDE.md")), saves(machine, "DESIGN", OTHER), says()))
    with serving(one), serving(two):
        running = [machine.starts(one, "/define Canary7Qx idea"), machine.starts(two, f"{DESIGN} {OTHER}")]
        assert all(api.hanging.wait(PATIENCE) for api in (one, two))  # both phases have begun, neither has ended
        machine.wait_for_hooks()
        for api in (one, two):
            api.released.set()
        assert [process.wait(PATIENCE) for process in running] == [0, 0]
        for process in running:
            process.communicate()
    machine.wait_for_hooks()
    kinds = [(event["session"], event["kind"]) for event in machine.events()]
    assert len({session for session, _ in kinds[:2]}) == 2, "the sessions were not at work at once"
    assert sorted(sorted(feature.completed) for feature in machine.features()) == [["define"], ["design"]]
